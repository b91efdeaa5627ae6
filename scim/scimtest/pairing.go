package scimtest

// pairing is a bipartite graph between matchers (rows) and array elements
// (columns), with an edge where the matcher matches the element.
type pairing struct {
	edges   [][]bool
	columns int
	element []int // row → column, -1 if none
	matcher []int // column → row, -1 if none
}

// newPairing finds a largest pairing (Kuhn's augmenting paths). If it covers
// every row, it is then turned into the first such pairing in the order of rows
// and then of columns, so that captures can be foretold.
func newPairing(rows, columns int, edge func(row, column int) bool) *pairing {
	p := &pairing{
		edges:   make([][]bool, rows),
		columns: columns,
		element: make([]int, rows),
		matcher: make([]int, columns),
	}
	for i := range p.edges {
		p.edges[i] = make([]bool, columns)
		for j := range p.edges[i] {
			p.edges[i][j] = edge(i, j)
		}
		p.element[i] = -1
	}
	for j := range p.matcher {
		p.matcher[j] = -1
	}
	complete := true
	for i := range p.element {
		complete = p.augment(i, make([]bool, columns)) && complete
	}
	if complete {
		p.order()
	}
	return p
}

// augment finds a column for the row, moving other rows if that helps. Columns
// marked as visited are out of bounds.
func (p *pairing) augment(row int, visited []bool) bool {
	for j, edge := range p.edges[row] {
		if !edge || visited[j] {
			continue
		}
		visited[j] = true
		if p.matcher[j] < 0 || p.augment(p.matcher[j], visited) {
			p.element[row], p.matcher[j] = j, row
			return true
		}
	}
	return false
}

// order gives each row in turn the first column with which the rows after it
// still find theirs.
func (p *pairing) order() {
	settled := make([]bool, p.columns)
	for row, current := range p.element {
		for j := range current {
			if p.edges[row][j] && !settled[j] && p.move(row, j, settled) {
				break
			}
		}
		settled[p.element[row]] = true
	}
}

// move gives column to row if the row that has it can go elsewhere.
func (p *pairing) move(row, column int, settled []bool) bool {
	current, owner := p.element[row], p.matcher[column]
	p.matcher[current] = -1
	p.element[row], p.matcher[column] = column, row
	if owner < 0 {
		return true
	}
	visited := append([]bool(nil), settled...)
	visited[column] = true
	if p.augment(owner, visited) {
		return true
	}
	p.element[row], p.matcher[current] = current, row
	p.matcher[column] = owner
	return false
}

// unpairedRows returns the rows without a column, in order.
func (p *pairing) unpairedRows() []int { return unpaired(p.element) }

// unpairedColumns returns the columns without a row, in order.
func (p *pairing) unpairedColumns() []int { return unpaired(p.matcher) }

func unpaired(partner []int) []int {
	var out []int
	for i, j := range partner {
		if j < 0 {
			out = append(out, i)
		}
	}
	return out
}
