package scim

import (
	"net/http"
	"strings"
	"sync"

	"github.com/usher-scim/usher/schema"
)

// Operations of a job may run at the same time as long as the outcome is that of
// its order (RFC 7644 section 3.7). Whether it is cannot be read off the operations
// alone: a POST succeeds or fails by what other resources there are. So what could
// make a difference keeps its order:
//
//   - operations on the same resource, by its id or its bulkId;
//   - an operation on a resource, and one that names that resource in its data;
//   - operations that set the same value, in whatever attribute, of those that may be
//     unique (see identifying), and one that has the value in another attribute behind
//     them: a manager may be named by an address;
//   - operations that set such values, and those that may free one: before a DELETE a
//     POST may fail that succeeds behind it. A PUT and a PATCH of such an attribute do
//     both. So do operations on active, since a backend may let a disabled resource be
//     taken over;
//   - an operation with a version, and all others: what changes a resource may change
//     the version of another one;
//   - an operation whose data cannot be understood before the ids in it are known, and
//     all others.
//
// Each of these is a lane, in which operations that do not disturb each other go
// abreast, and others behind each other. What is left is what a backend alone knows:
// other values that it holds unique, say. A conflict (status 409) while operations
// before were still running that may free something, all but POSTs, therefore counts
// only after these have ended, and the operation is tried again.
type schedule struct {
	job   *bulkJob
	nodes []node // the operations in order, then gates
	ready []int
	// everything is the lane of all operations, values that of the ones that set or
	// free values that may be unique.
	everything, values lane
	resources          map[string]*lane // by id
	holders            map[string]int   // who has set a value last, by the folded value
	ended              []bool
	low                int // the first operation that has not ended
	lowFreeing         int // the first of these that is no POST
}

// node is an operation, or a gate: a point in time between two groups of
// operations, so that not each of one group has to wait for each of the other.
type node struct {
	waits int
	next  []int
}

// lane is a sequence of groups of nodes. Those of a group go abreast, after all
// of the group before.
type lane struct {
	mode  laneMode
	group []int
	gate  int // what the group waits for, plus 1
	last  int // who came last, plus 1
}

// laneMode says who can go abreast in a lane: those with the same mode, except for
// alone.
type laneMode uint8

const (
	noLane laneMode = iota
	alone
	sharing // a resource that is named, the job of an operation without a version
	setting
	freeing
)

func (s *schedule) edge(from, to int) {
	s.nodes[from].next = append(s.nodes[from].next, to)
	s.nodes[to].waits++
}

// enter puts a node at the end of a lane. One that is there already has entered in
// a stronger mode.
func (s *schedule) enter(l *lane, mode laneMode, n int) {
	if l.last == n+1 {
		return
	}
	l.last = n + 1
	if mode == alone || mode != l.mode {
		switch len(l.group) {
		case 0:
		case 1:
			l.gate = l.group[0] + 1
		default:
			gate := len(s.nodes)
			s.nodes = append(s.nodes, node{})
			for _, m := range l.group {
				s.edge(m, gate)
			}
			l.gate = gate + 1
		}
		l.mode, l.group = mode, l.group[:0]
	}
	if l.gate > 0 {
		s.edge(l.gate-1, n)
	}
	l.group = append(l.group, n)
}

// concurrently carries out the operations, several at a time.
func (j *bulkJob) concurrently(workers int) {
	n := len(j.order)
	s := &schedule{
		job: j, nodes: make([]node, n, n+n/4), ended: make([]bool, n),
		resources: make(map[string]*lane), holders: make(map[string]int),
	}
	for i, op := range j.order {
		s.plan(i, op)
	}
	for i := range n {
		if s.nodes[i].waits == 0 {
			s.ready = append(s.ready, i)
		}
	}
	s.advance()
	s.run(workers)
}

// plan finds out what an operation has to wait for. Operations that have failed
// already wait for nothing.
func (s *schedule) plan(n int, op *bulkOp) {
	if op.err != nil {
		return
	}
	doubtful := op.preview == nil && op.completes == nil && op.method != http.MethodDelete
	if doubtful || op.ifMatch != nil {
		s.enter(&s.everything, alone, n)
	} else {
		s.enter(&s.everything, sharing, n)
	}
	switch {
	case op.method == http.MethodPost:
		s.enter(&op.lane, alone, n)
	case op.completes != nil:
		s.enter(&op.completes.lane, alone, n)
	case op.target != nil:
		s.enter(&op.target.lane, alone, n)
	default:
		s.enter(s.resource(op.id), alone, n)
	}
	for _, post := range op.refs {
		if post.position < n { // else the operation does without at first, or fails
			s.enter(&post.lane, sharing, n)
		}
	}
	for _, id := range op.ids {
		s.enter(s.resource(id), sharing, n)
	}
	s.planValues(n, op)
}

func (s *schedule) resource(id string) *lane {
	l := s.resources[id]
	if l == nil {
		l = &lane{}
		s.resources[id] = l
	}
	return l
}

// planValues keeps the order of operations that set or free values that may be
// unique.
func (s *schedule) planValues(n int, op *bulkOp) {
	mode := noLane
	switch op.method {
	case http.MethodPost:
		mode = setting
	case http.MethodPut:
		mode = alone
	case http.MethodDelete:
		mode = freeing
	}
	switch w := op.preview; {
	case w == nil:
	case w.in != nil:
		for slot, v := range w.in.Values() {
			if identifying(op.l.typ, slot) {
				s.hold(n, op.l.typ.Attribute(slot), v)
			} else {
				s.mention(n, v)
			}
		}
	default:
		for i := range w.ops {
			t := w.ops[i].Target
			if identifying(op.l.typ, t.Slot) {
				mode = alone
				s.hold(n, t.Leaf(), w.ops[i].Value)
				continue
			}
			s.mention(n, w.ops[i].Value)
			if mode == noLane && strings.EqualFold(t.Attribute().Name, "active") {
				mode = freeing
			}
		}
	}
	if mode != noLane {
		s.enter(&s.values, mode, n)
	}
}

// identifying reports whether two resources may not be allowed to have the same
// value of an attribute: what is declared to be unique, the names of what is no
// user, and what applications identify people by.
func identifying(t *schema.Type, s schema.Slot) bool {
	a := t.Attribute(s)
	if s == schema.SlotExternalID || a.Uniqueness != schema.NotUnique {
		return true
	}
	switch strings.ToLower(a.Name) {
	case "emails", "phonenumbers":
		return true
	case "displayname":
		return t.Name() != "User"
	}
	for i := range subLen(a) {
		if a.Sub.Attribute(i).Uniqueness != schema.NotUnique {
			return true
		}
	}
	return false
}

func subLen(a *schema.Attribute) schema.Slot {
	if a.Sub == nil {
		return 0
	}
	return schema.Slot(a.Sub.Len())
}

// hold notes who sets the values, of a complex attribute those that may be unique.
func (s *schedule) hold(n int, a *schema.Attribute, v schema.Value) {
	for e := range v.Elements() {
		if rec := e.Record(); rec != nil {
			for slot, m := range rec.Values() {
				if sub := rec.Type().Attribute(slot); sub.Uniqueness != schema.NotUnique || strings.EqualFold(sub.Name, "value") {
					s.hold(n, sub, m)
				}
			}
			continue
		}
		text, ok := e.Str()
		if !ok {
			continue
		}
		key := schema.Fold(text)
		if before, held := s.holders[key]; held && before != n {
			s.edge(before, n)
		}
		s.holders[key] = n
	}
}

// mention has an operation wait for whoever set one of the texts in a value last.
func (s *schedule) mention(n int, v schema.Value) {
	if len(s.holders) == 0 {
		return
	}
	mapTexts(v, "", func(_, text string) string {
		if before, held := s.holders[schema.Fold(text)]; held && before != n {
			s.edge(before, n)
		}
		return text
	})
}

// run carries out the operations and waits for all that it began.
func (s *schedule) run(workers int) {
	done := make(chan int, workers)
	running := 0
	var all sync.WaitGroup
	defer all.Wait() // also where a hook panics
	for {
		for running < workers && len(s.ready) > 0 {
			n := s.ready[0]
			s.ready = s.ready[1:]
			op := s.job.order[n]
			op.early = s.lowFreeing < n
			running++
			all.Go(func() {
				defer func() { done <- n }()
				op.attempt()
			})
		}
		if running == 0 {
			return
		}
		n := <-done
		running--
		op := s.job.order[n]
		if op.early && op.err != nil && op.x.visible(op.err).Status == http.StatusConflict {
			op.err, op.retry = nil, true
			if s.low == n {
				s.ready = append(s.ready, n)
			}
			continue
		}
		s.job.finish(op)
		s.end(n)
	}
}

// advance moves on to the first operations that have not ended.
func (s *schedule) advance() {
	order := s.job.order
	for s.low < len(order) && s.ended[s.low] {
		s.low++
	}
	for s.lowFreeing < len(order) && (s.ended[s.lowFreeing] || order[s.lowFreeing].method == http.MethodPost) {
		s.lowFreeing++
	}
}

// end tells those that wait for a node that it has ended.
func (s *schedule) end(n int) {
	order := s.job.order
	if n < len(order) {
		s.ended[n] = true
		before := s.low
		if s.advance(); s.low > before && s.low < len(order) && order[s.low].retry {
			s.ready = append(s.ready, s.low)
		}
	}
	for _, next := range s.nodes[n].next {
		if s.nodes[next].waits--; s.nodes[next].waits > 0 {
			continue
		}
		if next < len(order) {
			s.ready = append(s.ready, next)
		} else {
			s.end(next) // a gate
		}
	}
}
