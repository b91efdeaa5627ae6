package freshservicetest

import "net/http"

// viewAgent serves GET /agents/{id} (§5.3).
func (a *Account) viewAgent(c *call) answer {
	u := a.users.Records[c.id]
	if u == nil || !u.agent && !a.rules.AgentsServeRequesters {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "agent", a.agentView(u))
}

// listAgents serves GET /agents (§5.3).
func (a *Account) listAgents(c *call) answer {
	f, bad := a.userFilter(c, a.agentQueryFields())
	if bad != nil {
		return a.invalid(*bad)
	}
	f.kind = func(u *user) bool { return u.agent }
	if c.query.Has("state") {
		state := c.query.Get("state")
		if state != "fulltime" && state != "occasional" {
			return a.invalid(invalidValue("state", messageChoice))
		}
		f.keep = append(f.keep, func(u *user) bool { return u.occasional == (state == "occasional") })
	}
	return a.listUsers(c, f, "agents", a.agentView)
}
