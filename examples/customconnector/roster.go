package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// roster is the in-house application: people in a CSV file, which people may edit
// as well. It knows nothing of usher, and a real one is there already: an API, a
// client library, a table. It is safe for concurrent use within one process.
type roster struct {
	path string
	mu   sync.Mutex // one writer at a time
}

// person is a line of the file: a text for each column, "" for none.
type person map[string]string

// What the application refuses.
var (
	errNobody  = errors.New("nobody has this id")
	errTaken   = errors.New("somebody has this e-mail address")
	errNoEmail = errors.New("a person needs an e-mail address")
)

func columns() []string {
	return []string{"id", "email", "first_name", "last_name", "title", "department", "active"}
}

// people returns everybody, in the order of the file.
func (r *roster) people(ctx context.Context) ([]person, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(r.path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is read only
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], columns()) {
		return nil, fmt.Errorf("%s does not begin with the line %s", r.path, strings.Join(columns(), ","))
	}
	out := make([]person, len(rows)-1)
	for i, row := range rows[1:] {
		out[i] = person{}
		for j, name := range columns() {
			out[i][name] = strings.TrimPrefix(row[j], "'")
		}
		_, badID := strconv.ParseUint(out[i]["id"], 10, 32)
		if active := out[i]["active"]; badID != nil || active != "true" && active != "false" {
			return nil, fmt.Errorf("%s: person %d needs a number as id, and true or false as active", r.path, i+1)
		}
	}
	return out, nil
}

// person returns the person with an id.
func (r *roster) person(ctx context.Context, id string) (person, error) {
	all, err := r.people(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(p person) bool { return p["id"] == id })
	if i < 0 {
		return nil, errNobody
	}
	return all[i], nil
}

// add gives a person an id and puts them at the end of the file. Ids are not given
// twice: nobody is ever removed.
func (r *roster) add(ctx context.Context, p person) (person, error) {
	return r.write(ctx, func(all []person) ([]person, person, error) {
		last := 0
		for _, other := range all {
			id, _ := strconv.Atoi(other["id"]) // people has looked
			last = max(last, id)
		}
		p["id"], p["active"] = strconv.Itoa(last+1), "true"
		return append(all, p), p, nil
	})
}

// change edits the person with an id.
func (r *roster) change(ctx context.Context, id string, edit func(p person)) (person, error) {
	return r.write(ctx, func(all []person) ([]person, person, error) {
		i := slices.IndexFunc(all, func(p person) bool { return p["id"] == id })
		if i < 0 {
			return nil, nil, errNobody
		}
		edit(all[i])
		return all, all[i], nil
	})
}

// write changes the list of people and stores it. It returns the person who was
// written.
func (r *roster) write(ctx context.Context, edit func(all []person) ([]person, person, error)) (person, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all, err := r.people(ctx)
	if err != nil {
		return nil, err
	}
	all, p, err := edit(all)
	if err != nil {
		return nil, err
	}
	if p["email"] == "" {
		return nil, errNoEmail
	}
	for _, other := range all {
		if other["id"] != p["id"] && strings.EqualFold(other["email"], p["email"]) {
			return nil, errTaken
		}
	}
	for name, text := range p {
		p[name] = strings.ReplaceAll(text, "\r\n", "\n") // as a CSV reader would
	}
	return p, r.store(all)
}

// store puts a new file in the place of the old one, all at once, so that nobody
// reads half of it. What a spreadsheet would take for a formula gets a quote
// before it, which spreadsheets do not show.
func (r *roster) store(all []person) error {
	rows := [][]string{columns()}
	for _, p := range all {
		row := make([]string, len(rows[0]))
		for i, name := range rows[0] {
			if row[i] = p[name]; strings.IndexAny(row[i], "'=+-@\t") == 0 {
				row[i] = "'" + row[i]
			}
		}
		rows = append(rows, row)
	}
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.path), ".roster-*.csv")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // where all went well it has another name by now
	err = errors.Join(csv.NewWriter(f).WriteAll(rows), f.Chmod(info.Mode().Perm()), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), r.path)
}
