package zendesktest

import (
	"net/http"
	"strings"
)

func (a *Account) localeView(c *call, l locale) map[string]any {
	return map[string]any{
		"id": l.id, "locale": l.code, "name": l.name, "native_name": l.name, "presentation_name": l.name,
		"rtl": l.code == "ar" || l.code == "he" || l.code == "fa", "default": l == a.locales[0],
		"url":        c.url("locales", l.code),
		"created_at": stamp(a.created), "updated_at": stamp(a.created),
	}
}

// listLocales is not paginated (§3).
func (a *Account) listLocales(c *call) answer {
	out := []map[string]any{}
	for _, l := range a.locales {
		out = append(out, a.localeView(c, l))
	}
	return jsonAnswer(http.StatusOK, map[string]any{"locales": out, "count": len(out), "next_page": nil, "previous_page": nil})
}

// showLocale finds a locale by id or code (§11).
func (a *Account) showLocale(c *call) answer {
	for _, l := range a.locales {
		if strings.EqualFold(l.code, c.name) || text(l.id) == c.name {
			return wrapped(http.StatusOK, "locale", a.localeView(c, l))
		}
	}
	return notFound()
}

// listTimeZones lists the valid names (§11). The shape of an entry is not
// documented in the reference; a client should read "name" only.
func (a *Account) listTimeZones(*call) answer {
	out := []map[string]any{}
	for _, z := range a.zones {
		out = append(out, map[string]any{"name": z.name, "translated_name": z.name, "iana_name": z.iana})
	}
	return wrapped(http.StatusOK, "time_zones", out)
}

// showSettings is GET /account/settings with the settings of §11.
func (a *Account) showSettings(*call) answer {
	ids := []int64{}
	for _, l := range a.locales {
		ids = append(ids, l.id)
	}
	s := a.settings
	tokens := "true" // a text in the vendor's document
	if s.NoAPITokens {
		tokens = "false"
	}
	return wrapped(http.StatusOK, "settings", map[string]any{
		"user": map[string]any{
			"multiple_organizations": s.MultipleOrganizations, "tagging": s.Tagging,
			"agent_created_welcome_emails": s.WelcomeEmails, "end_user_phone_number_validation": s.PhoneValidation,
			"language_selection": s.LanguageSelection, "time_zone_selection": s.TimeZoneSelection, "have_gravatars_enabled": false,
		},
		"groups":          map[string]any{"check_group_name_uniqueness": s.GroupNamesUnique},
		"active_features": map[string]any{"light_agents": s.LightAgents, "user_tagging": s.Tagging, "user_org_fields": true},
		"localization":    map[string]any{"locale_ids": ids},
		"api":             map[string]any{"accepted_api_agreement": true, "api_password_access": "false", "api_token_access": tokens},
		"brands":          map[string]any{"default_brand_id": 1, "require_brand_on_new_tickets": false},
	})
}
