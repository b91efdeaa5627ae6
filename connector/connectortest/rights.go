package connectortest

import (
	"strings"

	"github.com/usher-scim/usher/connector"
)

func needsDowngrade(_ *subject, o *connector.Object) string {
	if !o.Can(connector.Downgrade) {
		return "the object declares no Downgrade"
	}
	return ""
}

// runRights takes special rights away, and has them kept: from records of two
// samples, of which one has them where the samples differ in that.
func runRights(t *trial) {
	o := t.object
	if o.Hint == "" || o.Ordinary == "" {
		t.Fatalf("the object declares Downgrade, and not by Hint and Ordinary what is left then")
	}
	for range 2 {
		base := t.mustCreate()
		out, ok := t.twice(t.ref(base), connector.Action{Kind: connector.Downgrade, Hint: base.String(o.Hint)})
		if !ok {
			continue
		}
		got := t.mustGet(t.ref(base))
		if is := got.String(o.Hint); !strings.EqualFold(is, o.Ordinary) {
			t.Errorf("after downgrade, %s is %q, wanted is %q", o.Hint, is, o.Ordinary)
		}
		if o.Active != "" && got.Bool(o.Active) != base.Bool(o.Active) {
			t.Errorf("downgrade changed %s", o.Active)
		}
		if out != nil {
			if d := differences(out, got); len(d) > 0 {
				t.Errorf("downgrade did not return the record as it was stored; it differs from what Get gives in %s", strings.Join(d, ", "))
			}
		}
	}
	if !o.Can(connector.Deactivate) {
		return
	}
	for range 2 {
		base := t.mustCreate()
		had := base.String(o.Hint)
		if _, err := t.act(t.ref(base), connector.Action{Kind: connector.Deactivate, Hint: had, Keep: true}); err != nil {
			t.Errorf("Act(deactivate) with Keep failed: %v", err)
			continue
		}
		if is := t.mustGet(t.ref(base)).String(o.Hint); is != had {
			t.Errorf("after deactivate with Keep, %s is %q, it was %q", o.Hint, is, had)
		}
	}
}
