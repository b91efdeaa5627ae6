package gateway

import (
	"time"

	"github.com/usher-scim/usher/provision"
)

// eventJSON is an event in the administration API; see [Gateway.Events].
type eventJSON struct {
	ID         string       `json:"id"`
	Time       time.Time    `json:"time"`
	Duration   float64      `json:"duration_ms"`
	Connection string       `json:"connection"`
	Request    requestJSON  `json:"request"`
	Action     string       `json:"action"`
	Resource   resourceJSON `json:"resource"`
	User       string       `json:"user"`
	Target     recordJSON   `json:"target"`
	Matched    string       `json:"matched"`
	Changed    []string     `json:"changed"`
	Done       []string     `json:"done"`
	Repairs    []string     `json:"repairs"`
	Warnings   []string     `json:"warnings"`
	Calls      []callJSON   `json:"calls"`
	Outcome    string       `json:"outcome"`
	Status     int          `json:"status"`
	Code       string       `json:"code"`
	Words      string       `json:"words"`
}

type requestJSON struct {
	ID      string `json:"id"`
	Actor   string `json:"actor"`
	Profile string `json:"profile"`
}

type resourceJSON struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type recordJSON struct {
	Object string `json:"object"`
	ID     string `json:"id"`
}

type callJSON struct {
	Method   string  `json:"method"`
	Path     string  `json:"path"`
	Status   int     `json:"status"`
	Duration float64 `json:"duration_ms"`
}

func eventOf(e *provision.Event) eventJSON {
	out := eventJSON{
		ID: e.ID, Time: e.Time.UTC(), Duration: millis(e.Duration), Connection: e.Connection,
		Request: requestJSON{ID: e.Request.ID, Actor: e.Request.Actor, Profile: e.Request.Profile},
		Action:  string(e.Action), Resource: resourceJSON{e.Ref.Type, e.Ref.ID}, User: e.User,
		Target: recordJSON{e.Target.Object, e.Target.ID}, Matched: e.Matched,
		Changed: list(e.Changed), Done: list(e.Done), Repairs: list(e.Repairs), Warnings: list(e.Warnings),
		Calls: []callJSON{}, Outcome: string(e.Outcome), Status: e.Status, Code: e.Code, Words: e.Words,
	}
	for _, c := range e.Calls {
		out.Calls = append(out.Calls, callJSON{c.Method, c.Path, c.Status, millis(c.Duration)})
	}
	return out
}

// list makes an empty list of none: it is [] and not null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
