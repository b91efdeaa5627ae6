package zendesk

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

const (
	// exportSize is how many records a page of an incremental export has at most.
	exportSize = 1000
	// exportLag is how far back the start of an export has to be
	// (developer.zendesk.com, "Incremental exports": a minute).
	exportLag = 65 * time.Second
)

// ListChanges implements connector.Changes for users and organizations: one call a
// page of up to 1,000, of which Zendesk allows 10 to 20 a minute. Only an
// administrator may ask. A user who was deleted is Gone; of organizations, and of
// memberships, Zendesk does not tell what is gone.
func (d *driver) ListChanges(ctx context.Context, object string, since time.Time, cursor string) (*connector.ChangesPage, error) {
	k, err := d.knowledge(ctx)
	if err != nil {
		return nil, err
	}
	if len(cursor) > maxCursor {
		return nil, noPage()
	}
	p := params("per_page", strconv.Itoa(exportSize))
	start := max(min(since.Unix(), d.http.Now().Add(-exportLag).Unix()), 0)
	switch object {
	case ObjectUser:
		if cursor != "" {
			p.Set("cursor", cursor)
		} else {
			p.Set("start_time", strconv.FormatInt(start, 10))
		}
		return d.export(ctx, users.at("/incremental/users/cursor"), "incremental exports by cursor", p, "after_cursor", func(out *connector.ChangesPage, v schema.Value) error {
			if isGone(v) {
				if id := decodeID(v.Member("id")); id != "" {
					out.Gone = append(out.Gone, connector.Ref{Object: ObjectUser, ID: id})
				}
				return nil
			}
			rec, err := d.decodeUser(k.user, v)
			out.Records = append(out.Records, rec)
			return err
		})
	case ObjectOrganization:
		if cursor != "" {
			n, err := strconv.ParseInt(cursor, 10, 64)
			if err != nil || n < 0 {
				return nil, noPage()
			}
			start = min(n, d.http.Now().Add(-exportLag).Unix())
		}
		p.Set("start_time", strconv.FormatInt(start, 10))
		c := d.circleOf(k, object)
		return d.export(ctx, organizations.at("/incremental/organizations"), "incremental exports", p, "end_time", func(out *connector.ChangesPage, v schema.Value) error {
			rec, err := d.record(c, v)
			if rec != nil {
				out.Records = append(out.Records, rec)
			}
			return err
		})
	default:
		return nil, connector.Errorf(connector.Unsupported, "", "Zendesk does not tell what has changed of it")
	}
}

// export reads a page of an incremental export. next is the member of the answer
// that it goes on from.
func (d *driver) export(ctx context.Context, res resource, bucket string, p url.Values, next string, each func(*connector.ChangesPage, schema.Value) error) (*connector.ChangesPage, error) {
	resp, err := d.do(ctx, &httpx.Request{Method: http.MethodGet, Path: res.path, Query: p, Class: httpx.Background, Buckets: []string{bucket}})
	if err != nil {
		if statusOf(err) == http.StatusBadRequest && p.Has("cursor") {
			return nil, noPage()
		}
		return nil, d.fail(err, request{})
	}
	body, err := schema.ParseJSON(resp.Body)
	if err != nil || body.Member(res.many).Kind() != schema.KindList {
		return nil, malformed(http.MethodGet, res.path, "the answer holds no list")
	}
	out := &connector.ChangesPage{Next: body.Member(next).Text()}
	if out.Next == "" {
		out.Next = p.Get("cursor") // an empty end of the stream gives none
	}
	end, said := body.Member("end_of_stream").Bool()
	out.More = said && !end
	for v := range body.Member(res.many).Elements() {
		if err := each(out, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}
