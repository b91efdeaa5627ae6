package provision

import (
	"time"

	"github.com/usher-scim/usher/scim"
)

// Refused returns the event of a request that was refused before a backend saw
// it, so that the log of a connection has those too. The caller gives it the id,
// the time and the connection, and hands it to its [Sink].
func Refused(id string, at time.Time, connection string, r Request, action Action, ref scim.Ref, e *scim.Error) *Event {
	ev := &Event{
		ID: id, Time: at, Connection: connection, Request: r, Action: action, Ref: ref,
		Outcome: Failed, Status: e.Status, Code: codeText(e),
	}
	ev.Words = words(ev, e)
	return ev
}
