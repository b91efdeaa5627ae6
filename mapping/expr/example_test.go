package expr_test

import (
	"fmt"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

func user() *schema.Type {
	t, err := schema.NewResource("User", schema.Schema{
		URN:        "urn:ietf:params:scim:schemas:core:2.0:User",
		Attributes: []schema.Attribute{{Name: "userName"}, {Name: "displayName"}, {Name: "active", Type: schema.Boolean}},
	})
	if err != nil {
		panic(err)
	}
	return t
}

func Example() {
	t := user()
	e, err := expr.Parse(`coalesce(displayName, userName | before("@")) | pcase`)
	if err != nil {
		fmt.Println(err)
		return
	}
	program, errs := expr.Compile(e, &expr.Env{Resource: t})
	if errs != nil {
		fmt.Println(errs)
		return
	}
	ada := t.New()
	ada.SetString("userName", "ada.byron@example.com")
	v, err := program.Eval(&expr.Scope{Resource: ada, Op: "create"})
	fmt.Println(v.Text(), err)
	// Output: Ada.Byron <nil>
}

func ExampleCompile_errors() {
	e, err := expr.Parse(`active == "true" ? usrName : ""`)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, errs := expr.Compile(e, &expr.Env{Resource: user()})
	for _, e := range errs {
		fmt.Println(e.Offset, e.Code, e)
	}
	// Output:
	// 0 E_TYPE boolean cannot be compared with string
	// 19 E_UNKNOWN_ATTRIBUTE no attribute "usrName"; did you mean userName?
}

func ExampleParseStep() {
	step, err := expr.ParseStep(`prefix("E-")`)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, _ := step.Forward(schema.StringValue("4711"))
	back, ok := step.Backward(out)
	fmt.Println(step.Class(), out.Text(), back.Text(), ok)
	_, ok = step.Backward(schema.StringValue("4711"))
	fmt.Println(ok)
	// Output:
	// iso E-4711 4711 true
	// false
}

func ExampleBuiltinMap() {
	zones := expr.BuiltinMap("tz.rails")
	for _, zone := range []string{"Asia/Calcutta", "America/New_York", "America/Toronto"} {
		name, ok := zones.Forward(schema.StringValue(zone), schema.Value{})
		fmt.Println(zone, ok, name.Text())
	}
	// Output:
	// Asia/Calcutta true Kolkata
	// America/New_York true Eastern Time (US & Canada)
	// America/Toronto false America/Toronto
}
