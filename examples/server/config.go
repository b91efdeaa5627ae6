package main

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/zendesk"
)

// config is the configuration file. A complete one:
//
//	listen: 127.0.0.1:8080
//	public_url: https://scim.example.com
//	admin_token: env:USHER_ADMIN_TOKEN       # or sha256:HEX, or file:PATH; without it a new one at each start
//	trusted_proxies: [127.0.0.1, 10.0.0.0/8]
//	token_store:                             # optional: where OAuth tokens outlive the server
//	  directory: tokens
//	  key: file:token.key                    # or env:NAME; server token-key prints one
//	connections:
//	  - id: acme                             # optional: made of the name
//	    name: Acme
//	    target: freshservice                 # or zendesk or memory, each with settings of its own
//	    settings: {subdomain: acme}
//	    credentials: {api_key: env:FRESHSERVICE_API_KEY}   # or file:PATH, never the key itself
//	    profile: compatible                  # optional: compatible or strict
//	    mapping: acme.yaml                   # optional: a mapping document beside this file
//	    policies:                            # optional, by target object, * for all others
//	      requester: {delete: deactivate, conflict: reactivate}
//	    new_objects: {Group: agent_group}    # optional: what a new group becomes that does not say so
//	    protect_admins: true                 # optional: administrators cannot be disabled
//	    tokens:                              # server token prints one; without any, a new one at each start
//	      - name: okta
//	        sha256: HEX                      # or env: NAME of a variable with the token
//	        read_only: false
//	        expires: 2027-06-30              # or with a time: 2027-06-30T12:00:00Z
type config struct {
	listen         string
	publicURL      string
	adminToken     gateway.TokenHash // zero: to be made
	trustedProxies []netip.Prefix
	tokens         *tokenStore // nil: none
	connections    []configured
}

// configured is a connection of the file.
type configured struct {
	at     node
	config gateway.Config
	// document is the mapping document beside those of the application; nil for none.
	document     []byte
	documentName string
}

// environment looks up variables; os.LookupEnv outside of tests.
type environment func(name string) (string, bool)

// loadConfig reads a configuration file. Its errors have file, line and field.
func loadConfig(file string, env environment) (*config, error) {
	root, err := readYAML(file)
	if err != nil {
		return nil, err
	}
	c := &config{}
	var proxies []string
	err = root.object(members{
		"listen":     into(&c.listen),
		"public_url": into(&c.publicURL),
		"admin_token": func(n node) (err error) {
			c.adminToken, err = adminToken(n, env)
			return err
		},
		"trusted_proxies": func(n node) error {
			return n.list(func(n node) error {
				s, err := n.text()
				if err == nil {
					_, err = gateway.ParseProxies([]string{s})
					if err != nil {
						return n.errorf("%w", err)
					}
				}
				proxies = append(proxies, s)
				return err
			})
		},
		"token_store": func(n node) (err error) {
			c.tokens, err = readTokenStore(n, env)
			return err
		},
		"connections": func(n node) error {
			return n.list(func(n node) error {
				conn, err := readConnection(n, env)
				c.connections = append(c.connections, conn)
				return err
			})
		},
	})
	if err != nil {
		return nil, err
	}
	c.trustedProxies, err = gateway.ParseProxies(proxies)
	return c, err
}

// adminToken reads the hash of the admin token: as such, or of a token that
// stands elsewhere.
func adminToken(n node, env environment) (gateway.TokenHash, error) {
	s, err := n.text()
	if err != nil {
		return gateway.TokenHash{}, err
	}
	if len(s) > 7 && s[:7] == "sha256:" {
		h, err := gateway.ParseTokenHash(s)
		if err != nil {
			return h, n.errorf("%w", err)
		}
		return h, nil
	}
	token, err := n.reference(env)
	if err != nil {
		return gateway.TokenHash{}, err
	}
	return gateway.HashToken(token), nil
}

func readConnection(n node, env environment) (configured, error) {
	c := configured{at: n}
	settings, credentials := map[string]any{}, map[string]any{}
	err := n.object(members{
		"id":      into(&c.config.ID),
		"name":    into(&c.config.Name),
		"target":  into(&c.config.Target),
		"profile": into(&c.config.Profile),
		"settings": func(n node) error {
			return n.entries(func(name string, v node) (err error) {
				settings[name], err = v.scalar()
				return err
			})
		},
		"credentials": func(n node) error {
			return n.entries(func(name string, v node) error {
				secret, err := v.reference(env)
				credentials[name] = secret
				return err
			})
		},
		"mapping": func(n node) error {
			path, err := n.text()
			if err != nil {
				return err
			}
			c.documentName = filepath.Base(path)
			if c.document, err = os.ReadFile(n.resolve(path)); err != nil {
				return n.errorf("%w", err)
			}
			return nil
		},
		"policies": func(n node) (err error) {
			c.config.Policies, err = readPolicies(n)
			return err
		},
		"create_references": func(n node) (err error) {
			c.config.CreateReferences, err = n.flag()
			return err
		},
		"protect_admins": func(n node) (err error) {
			c.config.ProtectAdmins, err = n.flag()
			return err
		},
		"new_objects": func(n node) error {
			c.config.NewObjects = map[string]string{}
			return n.entries(func(typ string, v node) (err error) {
				c.config.NewObjects[typ], err = v.text()
				return err
			})
		},
		"tokens": func(n node) error {
			return n.list(func(n node) error {
				t, err := readToken(n, env)
				c.config.Tokens = append(c.config.Tokens, t)
				return err
			})
		},
	})
	switch {
	case err != nil:
		return c, err
	case c.config.Name == "" && c.config.ID == "":
		return c, n.find("name").errorf("it is required")
	case c.config.Target == "":
		return c, n.find("target").errorf("it is required")
	}
	c.config.Settings, err = connector.NewSettings(settings, credentials)
	return c, c.explain(err)
}

// explain puts file, line and field before an error about the connection.
func (c *configured) explain(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		return c.at.find(e.Field).errorf("%s", e.Msg)
	}
	if e, ok := errors.AsType[*connector.SettingError](err); ok {
		return c.at.find(e.Field).errorf("%s", e.Msg)
	}
	return c.at.errorf("%w", err)
}

// consented reports whether the connection acts for somebody who consented to its
// OAuth client.
func (c *configured) consented() bool {
	s := c.config.Settings
	return !s.Secret("client_id").IsEmpty() &&
		(c.config.Target == "freshservice" || s.Text("grant") == zendesk.GrantAuthorizationCode || !s.Secret("refresh_token").IsEmpty())
}

// mapping returns the mapping documents of the connection, nil for those of the
// application.
func (c *configured) mapping(r *connector.Registry) (fs.FS, error) {
	if c.document == nil {
		return nil, nil //nolint:nilnil // the application's own mapping is meant
	}
	app, err := r.Lookup(c.config.Target)
	if err != nil {
		return nil, c.at.find("target").errorf("%w", err)
	}
	return gateway.WithDocument(app.Mappings, c.documentName, c.document), nil
}

func readPolicies(n node) (map[string]provision.Policy, error) {
	out := map[string]provision.Policy{}
	err := n.entries(func(object string, v node) error {
		var disable, enable, remove, conflict string
		var special bool
		err := v.object(members{
			"disable": into(&disable), "enable": into(&enable), "delete": into(&remove), "conflict": into(&conflict),
			"conflict_special": func(n node) (err error) {
				special, err = n.flag()
				return err
			},
		})
		if object == "*" {
			object = ""
		}
		out[object] = provision.Policy{
			Disable: provision.DisablePolicy(disable), Enable: provision.EnablePolicy(enable), Delete: provision.DeletePolicy(remove),
			Conflict: provision.ConflictPolicy(conflict), ConflictSpecial: special,
		}
		return err
	})
	return out, err
}

func readToken(n node, env environment) (gateway.Token, error) {
	var t gateway.Token
	hashes := 0
	err := n.object(members{
		"name": into(&t.Name),
		"sha256": func(n node) error {
			s, err := n.text()
			if err != nil {
				return err
			}
			hashes++
			if t.Hash, err = gateway.ParseTokenHash(s); err != nil {
				return n.errorf("%w", err)
			}
			return nil
		},
		"env": func(n node) error {
			name, err := n.text()
			if err != nil {
				return err
			}
			hashes++
			token, err := n.environment(name, env)
			t.Hash = gateway.HashToken(token)
			return err
		},
		"read_only": func(n node) error {
			var err error
			t.ReadOnly, err = n.flag()
			return err
		},
		"expires": func(n node) (err error) {
			for _, layout := range []string{time.RFC3339, time.DateOnly} {
				if t.Expires, err = time.Parse(layout, n.yaml.Value); err == nil {
					return nil
				}
			}
			return n.errorf("a date such as 2027-06-30 or 2027-06-30T12:00:00Z is wanted")
		},
	})
	switch {
	case err != nil:
		return t, err
	case t.Name == "":
		return t, n.find("name").errorf("it is required")
	case hashes != 1:
		return t, n.errorf("either sha256 or env is wanted; `server token` prints a new token and its hash")
	}
	return t, nil
}
