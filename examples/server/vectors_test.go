package main

import (
	"net/http"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/scim/scimtest"
)

// Every shared conversation, over the network and through everything: strict
// ones in both profiles, those of lenient clients in the compatible one, each
// with a connection to a memory of its own, made by the administration API.
func TestVectors(t *testing.T) {
	t.Parallel()
	list, err := scimtest.LoadVectors(filepath.Join(testx.Shared(t), "vectors"))
	require.NoError(t, err)
	require.NotEmpty(t, list)
	r := start(t, newProgram())
	made := 0
	for _, profile := range []string{"strict", "compatible"} {
		for _, c := range list {
			if profile == "strict" && c.Level != scimtest.LevelRFC {
				continue
			}
			made++
			name := "conversation-" + strconv.Itoa(made)
			t.Run(profile+"/"+c.ID(), func(t *testing.T) {
				t.Parallel()
				added := ask(t, http.MethodPost, r.ready.URL+"/api/v1/connections", r.ready.AdminToken,
					`{"name":"`+name+`","target":"memory","settings":{},"credentials":{},"profile":"`+profile+`","mapping":null}`)
				require.Equal(t, http.StatusCreated, added.status, added.text)
				o := added.object(t)
				scimtest.RunT(t, scimtest.URL(nil, o["scim_url"].(string), o["token"].(string)), c, nil)
			})
		}
	}
}
