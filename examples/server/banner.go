package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// ready is what the server says of itself once it serves.
type ready struct {
	Ready bool   `json:"ready"`
	URL   string `json:"url"`
	// AdminToken is left out where the configuration has one.
	AdminToken  string  `json:"admin_token,omitempty"`
	Connections []shown `json:"connections"`
}

// shown is a connection as it is printed. Tokens of the configuration are not,
// only those made at this start.
type shown struct {
	ID                   string            `json:"id"`
	Name                 string            `json:"name"`
	Target               string            `json:"target"`
	SCIMURL              string            `json:"scim_url"`
	Token                string            `json:"token,omitempty"`
	SimulatorURL         string            `json:"simulator_url,omitempty"`
	SimulatorCredentials map[string]string `json:"simulator_credentials,omitempty"`

	login string // to the simulator, in words
}

// writeJSON prints the whole as one line.
func (r *ready) writeJSON(w io.Writer) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// write prints it for people.
func (r *ready) write(w io.Writer, sandbox bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nusher serves on %s\n", r.URL)
	if sandbox {
		b.WriteString("The sandbox keeps everything in memory: what you do there is gone when the server stops.\n")
	}
	for i := range r.Connections {
		r.Connections[i].write(&b)
	}
	b.WriteString("\n")
	if r.AdminToken != "" {
		fmt.Fprintf(&b, "Admin API  %s/api/v1\n  token    %s\n  try      curl -H \"Authorization: Bearer %s\" \"%s/api/v1/events?limit=5\"\n\n",
			r.URL, r.AdminToken, r.AdminToken, r.URL)
	}
	b.WriteString("Ctrl-C stops it.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *shown) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n  target   %s\n  SCIM     %s\n", s.Name, s.Target, s.SCIMURL)
	token := s.Token
	if token == "" {
		token = "TOKEN"
		b.WriteString("  token    as configured\n")
	} else {
		fmt.Fprintf(b, "  token    %s\n", token)
	}
	fmt.Fprintf(b, "  try      curl -H \"Authorization: Bearer %s\" \"%s/Users?count=3\"\n", token, s.SCIMURL)
	if s.SimulatorURL != "" {
		fmt.Fprintf(b, "  see      %s/ (its API below /api/v2, %s)\n", s.SimulatorURL, s.login)
	}
}
