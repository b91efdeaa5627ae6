package connector_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/connector"
)

func TestRemark(t *testing.T) {
	t.Parallel()
	connector.Remark(context.Background(), "nobody listens")
	var r connector.Remarks
	ctx := connector.WithRemarks(context.Background(), &r)
	connector.Remark(ctx, "One")
	connector.Remark(context.WithoutCancel(ctx), "Two")
	assert.Equal(t, []string{"One", "Two"}, r.List())
}
