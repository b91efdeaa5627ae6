package connector

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Application is a kind of target that can be opened by name: what a
// configuration's "target: freshservice" stands for. Packages with a driver
// return theirs from a function that takes what has to be injected.
type Application struct {
	// Name is what configurations call it: lower-case letters, digits and dashes.
	Name string
	// Title is what people call it ("Freshservice").
	Title string
	// Open makes the target of one account. Registry.Open has checked the settings
	// by then. It calls nothing of the account; an error about one setting is, or
	// wraps, a [*SettingError].
	Open func(ctx context.Context, s Settings) (*Target, error)
	// Settings describes what Open has to be told.
	Settings []Setting
	// Mappings has the default mapping documents as *.yaml; nil where there are
	// none.
	Mappings fs.FS
}

// Registry is a set of applications by name. It is a value that the program
// makes and hands on; nothing registers itself. It is immutable and safe for
// concurrent use.
type Registry struct{ apps map[string]Application }

// NewRegistry returns a registry of these applications. It fails when a name is
// malformed or there twice, and when an application cannot be opened.
func NewRegistry(apps ...Application) (*Registry, error) {
	r := &Registry{apps: make(map[string]Application, len(apps))}
	for _, a := range apps {
		switch _, twice := r.apps[a.Name]; {
		case a.Name == "" || strings.Trim(a.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
			return nil, fmt.Errorf("connector: %q is no name for an application: only a-z, 0-9 and -", a.Name)
		case twice:
			return nil, fmt.Errorf("connector: application %s is there twice", a.Name)
		case a.Open == nil:
			return nil, fmt.Errorf("connector: application %s has no Open", a.Name)
		}
		r.apps[a.Name] = a
	}
	return r, nil
}

// Names returns the names of the applications in alphabetical order.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.apps)) }

// Lookup returns the application of that name.
func (r *Registry) Lookup(name string) (Application, error) {
	a, ok := r.apps[name]
	if !ok {
		known := strings.Join(r.Names(), ", ")
		if known == "" {
			known = "none"
		}
		return a, Errorf(NotFound, "", "unknown target %q, known: %s", name, known)
	}
	return a, nil
}

// Open checks the settings and makes the target. Errors: NotFound for an unknown
// name, with the known ones in its reason; [*SettingError], joined, for each
// setting that is wrong; those of the application's Open.
func (r *Registry) Open(ctx context.Context, name string, s Settings) (*Target, error) {
	a, err := r.Lookup(name)
	if err != nil {
		return nil, err
	}
	if s, err = s.Check(a.Settings); err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	t, err := a.Open(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("target %s: %w", name, err)
	}
	if t == nil {
		return nil, fmt.Errorf("target %s: its Open gave no target", name)
	}
	return t, nil
}
