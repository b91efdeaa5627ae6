package freshservice_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

func TestTarget_ConcurrentUse(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{
		Plan: freshservicetest.Unlimited, Fields: everyField(), Requesters: people(20),
		Rules: freshservicetest.Rules{Clearing: freshservicetest.ClearByEmpty, CustomFieldsReplace: true},
	}, nil)
	ctx := t.Context()
	desc, err := f.Description(ctx)
	require.NoError(t, err)
	typ := desc.Object("requester").Type
	var wg sync.WaitGroup
	errs := make(chan error, 400)
	for i := range 20 {
		first := edits(t, typ, map[string]any{"custom_fields.nick": "a", "custom_fields.badge_color": "red"})
		second := edits(t, typ, map[string]any{"last_name": nil, "custom_fields.nick": fmt.Sprint(i)})
		wg.Go(func() {
			ref := connector.Ref{Object: "requester", ID: fmt.Sprint(1000 + i)}
			base, err := f.Get(ctx, ref)
			errs <- err
			if err != nil {
				return
			}
			base, err = f.Update(ctx, ref, connector.Change{Base: base, Edits: first})
			errs <- err
			_, err = f.Update(ctx, ref, connector.Change{Base: base, Edits: second})
			errs <- err
			_, err = f.Refresh(ctx)
			errs <- err
			_, err = f.find(ctx, "user", fmt.Sprintf(`primary_email eq "p%04d@example.com"`, i))
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		assert.NoError(t, err)
	}
	for i := range 20 {
		rec, err := f.Get(ctx, connector.Ref{Object: "requester", ID: fmt.Sprint(1000 + i)})
		require.NoError(t, err)
		assert.Equal(t, [3]string{"", fmt.Sprint(i), "red"}, [3]string{rec.String("last_name"), rec.String("custom_fields.nick"), rec.String("custom_fields.badge_color")})
	}
}
