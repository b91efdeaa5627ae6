package scim_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
)

// FuzzBulkBody sends anything to /Bulk: the answer is one, and it does not depend
// on how many operations run at the same time.
func FuzzBulkBody(f *testing.F) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 5))
		ids := map[string][]string{"/Users": {"1"}, "/Groups": {"2", "9"}}
		f.Add(bodyOf((&jobMaker{r, ids}).job(12, seed%2 == 0, []string{`W/"1"`, "*"})))
	}
	for _, ops := range [][]string{
		{postGroup("a", "a", withMembers("bulkId:b", "bulkId:a")), postGroup("b", "b", withMembers("bulkId:a")), bulkOp("DELETE", "/Groups/bulkId:a", "", "")},
		{postRobot("a", "bulkId:b"), postRobot("b", "bulkId:a", `"maker":{"value":"../Robots/bulkId:a"}`), bulkOp("PATCH", "Robots/bulkId:b", "", patchBody(op("remove", `boss[value eq "bulkId:a"]`, "")))},
		{bulkOp("PATCH", "/Groups/2", "", patchBody(op("remove", `members[value eq "bulkId:x" or value eq "\u0062ulkId:y"]`, ""))), postUser("x", "x"), postUser("x", "y")},
		{`{"method":"put","path":"` + baseURL + `/Users/%31?x","version":"W/\"1\"","data":{}}`, `{"bulkId":{},"data":[]}`, postUser("bulkId:", "bulkId:bulkId:")},
	} {
		f.Add(bulkBody(`"failOnErrors":3,`, ops...))
		f.Add(bulkBody("", ops...))
	}
	f.Fuzz(func(t *testing.T, body string) {
		var first []string
		for _, workers := range []int{1, 8} {
			s := robots(t).With(scim.Features{Versions: true})
			h := newHandler(t, s, func(o *scim.Options) { o.BulkWorkers, o.MaxBulkOps = workers, 50 })
			require.Equal(t, 201, do(t, h, "POST", "/Users", userBody("")).Code)
			require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"displayName":"g"}`).Code)
			r := httptest.NewRequest("POST", "/scim/v2/Bulk", strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := append(checkBulkAnswer(t, w), strconv.Itoa(len(s.Resources)))
			if first == nil {
				first = got
			}
			require.Equal(t, first, got)
		}
	})
}

// checkBulkAnswer checks what holds for every answer of /Bulk, and returns the
// statuses.
func checkBulkAnswer(t *testing.T, w *httptest.ResponseRecorder) []string {
	t.Helper()
	var a struct {
		Schemas    []string
		Operations []struct {
			Method, BulkID, Location, Version, Status string
			Response                                  *struct{ Status, Detail string }
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	if w.Code != 200 {
		require.Contains(t, []int{400, 413}, w.Code)
		return []string{strconv.Itoa(w.Code)}
	}
	require.Equal(t, []string{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}, a.Schemas)
	require.NotEmpty(t, a.Operations)
	var statuses []string
	for _, o := range a.Operations {
		statuses = append(statuses, o.Status)
		failed := !slices.Contains([]string{"200", "201", "204"}, o.Status)
		require.Equal(t, failed, o.Response != nil)
		if failed {
			require.Equal(t, o.Status, o.Response.Status)
			require.NotEmpty(t, o.Response.Detail)
			require.Less(t, o.Status, "500")
		} else {
			require.True(t, strings.HasPrefix(o.Location, baseURL+"/"))
		}
	}
	return statuses
}
