package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixture writes files into a directory of the test and returns it.
func fixture(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// mapcmd runs the command with the files of dir for those that begin with @.
func mapcmd(dir, in string, args ...string) (code int, out, errs string) {
	for i, a := range args {
		if name, ok := strings.CutPrefix(a, "@"); ok {
			args[i] = filepath.Join(dir, name)
		}
	}
	var stdout, stderr bytes.Buffer
	code = run(args, strings.NewReader(in), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

const (
	adaJSON = `{"userName":"Ada@Example.com","name":{"givenName":"Ada","familyName":"L"},"locale":"de-AT","title":"Engineer",
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Lab"}}`
	recordJSON   = `{"id":5,"first_name":"Ada","last_name":"Old","primary_email":"ada@example.com","language":"de","job_title":"Boss"}`
	tablesJSON   = `{"department":[{"id":7,"name":"Lab"}]}`
	overrideYAML = `apiVersion: mapping/v1
name: ours
extends: freshservice-requester
rules:
  - {name: job_title, scim: title, target: job_title, pipe: [upper], lossy: shouted}
  - {name: department, disabled: true}
tests:
  - {name: shouts, op: create, input: {scim: {userName: a@example.com, name: {givenName: A}, title: x}}, expect: {native: {primary_email: a@example.com, first_name: A, job_title: X, language: en}}}
`
	brokenYAML = `apiVersion: mapping/v1
name: broken
extends: freshservice-requester
rules:
  - {name: job_title, scim: titel, target: job_titel}
`
)

func inputs(t *testing.T) string {
	return fixture(t, map[string]string{"ada.json": adaJSON, "record.json": recordJSON, "tables.json": tablesJSON,
		"ours.yaml": overrideYAML, "broken.yaml": brokenYAML})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := inputs(t)
	code, out, errs := mapcmd(dir, "", "check", "@ours.yaml", "zendesk-user")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "ok ours (")
	assert.Contains(t, out, "ok zendesk-user (")

	code, out, errs = mapcmd(dir, "", "check", dir)
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, out, "ok ours")
	assert.Contains(t, errs, `broken.yaml:5:29: `)
	assert.Contains(t, errs, "did you mean title")
	assert.Contains(t, errs, "did you mean job_title")
	assert.Contains(t, errs, "^", "the place is marked")

	code, out, _ = mapcmd(dir, brokenYAML, "check", "--json", "-")
	assert.Equal(t, exitWrong, code)
	var first struct {
		Code, Suggestion string
		Line, Column     int
	}
	require.NoError(t, json.NewDecoder(strings.NewReader(out)).Decode(&first))
	assert.Equal(t, "E_UNKNOWN_ATTRIBUTE", first.Code)
	assert.Equal(t, "title", first.Suggestion)
	assert.Equal(t, []int{5, 29}, []int{first.Line, first.Column})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	dir := inputs(t)
	code, out, errs := mapcmd(dir, "", "explain", "--tables", "@tables.json", "freshservice-requester", "@ada.json")
	assert.Equal(t, exitOK, code, errs)
	assert.Regexp(t, `(?m)^set +primary_email +"ada@example.com" +scim "Ada@Example.com" +login$`, out)
	assert.Regexp(t, `(?m)^ +lower +"Ada@Example.com" → "ada@example.com"$`, out)
	assert.Regexp(t, `(?m)^ +lookup\("department"\) +"Lab" → 7$`, out)
	assert.NotContains(t, out, "\x1b", "a file gets no colours")

	phone := strings.Replace(adaJSON, `"locale"`, `"phoneNumbers":[{"type":"work","value":"ada@home"}],"locale"`, 1)
	code, out, errs = mapcmd(dir, phone, "explain", "freshservice-requester", "-", "--record", "@record.json", "--json")
	assert.Equal(t, exitWrong, code, "that is no phone number")
	assert.Contains(t, errs, "work_phone_number")
	var trace struct {
		InScope bool
		Trace   []struct{ Rule, Action, Why string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &trace))
	assert.True(t, trace.InScope)
	assert.Contains(t, trace.Trace, struct{ Rule, Action, Why string }{"first-name", "same", "scim"})
}

func TestDiff(t *testing.T) {
	t.Parallel()
	dir := inputs(t)
	code, out, errs := mapcmd(dir, "", "diff", "--tables", "@tables.json", "freshservice-requester", "@ada.json", "@record.json")
	assert.Equal(t, exitOK, code, errs)
	assert.Equal(t, "last_name (rule last-name)\n  - \"Old\"\n  + \"L\"\njob_title (rule job_title)\n  - \"Boss\"\n  + \"Engineer\"\ndepartment_ids (rule department)\n  + [7]\n", out)
	code, out, _ = mapcmd(dir, "", "diff", "--json", "@ours.yaml", "@ada.json", "@record.json")
	assert.Equal(t, exitOK, code)
	assert.JSONEq(t, `{"set":{"last_name":"L","job_title":"ENGINEER"},"clear":[]}`, out)
	code, out, _ = mapcmd(dir, recordJSON, "diff", "@ours.yaml", "@ada.json", "-")
	assert.Equal(t, exitOK, code)
	assert.Contains(t, out, "ENGINEER")
	code, _, errs = mapcmd(dir, `{"nope":1}`, "diff", "@ours.yaml", "@ada.json", "-")
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, errs, "the target has no field nope")
}

func TestTest(t *testing.T) {
	t.Parallel()
	dir := inputs(t)
	code, out, errs := mapcmd(dir, "", "test", "@ours.yaml", "../../freshservice/mapping")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "ours.yaml\n")
	assert.Regexp(t, `ok .*requester.yaml \(\d+ cases\)`, out)
	wrong := fixture(t, map[string]string{
		"wrong.yaml": strings.ReplaceAll(overrideYAML, "job_title: X", "job_title: Y"),
		"case.json":  `{"name":"c","op":"create","mapping":{"apiVersion":"mapping/v1","name":"m","resource":{"type":"User","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]},"target":{"object":"o","schema":{"fields":{"a":{"type":"string"}}}},"rules":[{"scim":"title","target":"a"}]},"input":{"scim":{"userName":"u","title":"T"}},"expect":{"native":{"a":"U"}}}`,
	})
	code, out, errs = mapcmd(wrong, "", "test", wrong)
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, errs, "2 of 2 cases failed")
	assert.Regexp(t, `(?m)^FAIL .*case.json$`, out)
	assert.Contains(t, out, `"T"`, "what came")
	assert.Contains(t, out, `"U"`, "what was expected")
	code, _, errs = mapcmd(dir, "", "test", t.TempDir())
	assert.Equal(t, exitWrong, code)
	assert.Contains(t, errs, "no case")
}

func TestPrint(t *testing.T) {
	t.Parallel()
	dir := inputs(t)
	code, out, errs := mapcmd(dir, "", "print", "@ours.yaml")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "name: ours\n")
	assert.Contains(t, out, "name: login", "a rule of the base")
	code, out, errs = mapcmd(dir, out, "check", "-")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "ok ours")
}

func TestImport(t *testing.T) {
	t.Parallel()
	dir := fixture(t, map[string]string{
		"entra.json": `{"attributeMappings":[{"targetAttributeName":"title","source":{"type":"Function","expression":"ToUpper([jobTitle])"}},
			{"targetAttributeName":"nickName","source":{"type":"Attribute","name":"extensionAttribute1"}}]}`,
		"okta.csv":  "External name\ncustom_fields.badge\n",
		"body.json": `{"first_name":"@firstName"}`,
	})
	code, out, errs := mapcmd(dir, "", "import", "entra", "--base", "freshservice-requester", "--name", "ours", "@entra.json")
	assert.Equal(t, exitWrong, code, "something was left out")
	assert.Contains(t, errs, "carried title = ToUpper([jobTitle]) → rule job_title\n")
	assert.Contains(t, errs, "left nickName")
	code, _, errs = mapcmd(dir, out, "check", "-")
	assert.Equal(t, exitOK, code, errs)
	code, out, errs = mapcmd(dir, "", "import", "okta", "@okta.csv", "--base", "freshservice-requester")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "custom_fields.badge")
	code, out, errs = mapcmd(dir, "", "import", "miniorange", "@body.json", "--attribute", "firstName=nickName")
	assert.Equal(t, exitOK, code, errs)
	assert.Contains(t, out, "{name: first_name, scim: nickName, target: first_name}")
}

func TestUsage(t *testing.T) {
	t.Parallel()
	dir := inputs(t)
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "usage:", nil},
		{exitUsage, "usage:", []string{"nope"}},
		{exitOK, "freshservice-requester", []string{"help"}},
		{exitOK, "json", []string{"check", "-h"}},
		{exitUsage, "an argument is missing", []string{"check"}},
		{exitUsage, "one argument too many", []string{"diff", "a", "b", "c", "d"}},
		{exitUsage, "not defined", []string{"check", "--nope", "x"}},
		{exitUsage, "okta and miniorange are", []string{"import", "x", "y"}},
		{exitUsage, "NAME=PATH", []string{"import", "entra", "--attribute", "x", "y"}},
		{exitWrong, "neither a file nor a shipped document", []string{"check", "nope"}},
		{exitWrong, "set of routes", []string{"explain", "freshservice-users", "@ada.json"}},
		{exitWrong, "no such file", []string{"explain", "zendesk-user", "nope.json"}},
	} {
		code, out, errs := mapcmd(dir, "", c.args...)
		assert.Equal(t, c.code, code, c.args)
		assert.Contains(t, out+errs, c.says, c.args)
	}
}
