package provision

import (
	"maps"
	"strings"
	"sync"
	"time"
)

// cursors remembers at which cursor of the target the resource with some number
// stands, so that a client that asks for page after page by number costs one
// call for each page, and not one for each page before it.
type cursors struct {
	mu    sync.Mutex
	clock func() time.Time
	age   time.Duration
	max   int
	lists map[string][]checkpoint
}

type checkpoint struct {
	seen   int // resources before the cursor
	cursor string
	at     time.Time
}

func newCursors(clock func() time.Time, age time.Duration, max int) *cursors {
	return &cursors{clock: clock, age: age, max: max, lists: make(map[string][]checkpoint)}
}

// nearest returns the last checkpoint that does not lie behind a position.
func (c *cursors) nearest(key string, position int) (seen int, cursor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.clock().Add(-c.age)
	for _, p := range c.lists[key] {
		if p.seen <= position && p.seen > seen && !p.at.Before(old) {
			seen, cursor = p.seen, p.cursor
		}
	}
	return seen, cursor
}

// forget drops the checkpoints of a resource type's lists: a record that is hidden
// or shown again moves all that stand behind it.
func (c *cursors) forget(fam *family) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.lists, func(key string, _ []checkpoint) bool {
		name, _, _ := strings.Cut(key, "?")
		return fam.kindOf(strings.TrimSuffix(name, withKin)) != nil
	})
}

// note adds a checkpoint. The list of one key is bounded, the oldest goes first;
// so is the number of keys.
func (c *cursors) note(key string, seen int, cursor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	list := c.lists[key]
	for i := range list {
		if list[i].cursor == cursor {
			list[i] = checkpoint{seen, cursor, now}
			return
		}
	}
	if len(list) >= c.max {
		list = append(list[:0], list[1:]...)
	}
	if list == nil && len(c.lists) >= c.max {
		clear(c.lists)
	}
	c.lists[key] = append(list, checkpoint{seen, cursor, now})
}
