package gateway

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/mapping"
)

// WithDocument returns a file system that has one more mapping document beside
// those of base (nil for none): what [Config.Mapping] takes. A document of base
// that has the same name, and a file that has the same path, are hidden: the new
// one takes their place. One that extends another leaves it to be seen, since it
// is put together with it. The file is called path.Base(file). The data must not be
// changed afterwards.
func WithDocument(base fs.FS, file string, data []byte) fs.FS {
	o := overlay{base: base, file: document{name: path.Base(file), data: data}, hidden: map[string]bool{path.Base(file): true}}
	doc, _ := mapping.Parse(file, data)
	if base == nil || doc == nil || doc.Extends() != "" {
		return o // what is wrong with it is told by whoever reads it
	}
	// Files that cannot be read are told by the reader, too.
	_ = fs.WalkDir(base, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // see above
		}
		switch path.Ext(p) {
		case ".yaml", ".yml", ".json":
		default:
			return nil
		}
		other, err := fs.ReadFile(base, p)
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		if d, _ := mapping.Parse(p, other); d != nil && d.Name() == doc.Name() {
			o.hidden[p] = true
		}
		return nil
	})
	return o
}

type overlay struct {
	base   fs.FS
	file   document
	hidden map[string]bool // paths of base that are not to be seen
}

var _ fs.ReadDirFS = overlay{}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	switch {
	case name == o.file.name:
		return o.file.open(), nil
	case o.base == nil && name != "." || o.hidden[name]:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case o.base == nil:
		return o.directory(name, o.file)
	}
	f, err := o.base.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || !info.IsDir() {
		return f, err
	}
	_ = f.Close() // read again below, without what is hidden
	return o.directory(name, info)
}

func (o overlay) directory(name string, info fs.FileInfo) (fs.File, error) {
	entries, err := o.ReadDir(name)
	if err != nil {
		return nil, err
	}
	return &directory{FileInfo: info, name: path.Base(name), entries: entries}, nil
}

// ReadDir implements fs.ReadDirFS.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	var entries []fs.DirEntry
	if o.base != nil {
		var err error
		if entries, err = fs.ReadDir(o.base, name); err != nil {
			return nil, err
		}
	} else if name != "." {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e fs.DirEntry) bool { return o.hidden[path.Join(name, e.Name())] })
	if name == "." {
		entries = append(entries, fs.FileInfoToDirEntry(o.file))
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return entries, nil
}

// document is a file in memory, and what Stat says of it.
type document struct {
	name string
	data []byte
}

func (d document) open() fs.File { return &openDocument{Reader: bytes.NewReader(d.data), document: d} }

func (d document) Name() string     { return d.name }
func (d document) Size() int64      { return int64(len(d.data)) }
func (document) Mode() fs.FileMode  { return 0o444 }
func (document) ModTime() time.Time { return time.Time{} }
func (document) IsDir() bool        { return false }
func (document) Sys() any           { return nil }

type openDocument struct {
	*bytes.Reader
	document
}

func (d *openDocument) Size() int64                { return d.document.Size() }
func (d *openDocument) Stat() (fs.FileInfo, error) { return d.document, nil }
func (*openDocument) Close() error                 { return nil }

// directory is a directory that has been opened.
type directory struct {
	fs.FileInfo
	name    string
	entries []fs.DirEntry // those not read yet
}

var _ fs.ReadDirFile = (*directory)(nil)

func (d *directory) Stat() (fs.FileInfo, error) { return d, nil }
func (d *directory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}
func (*directory) Close() error      { return nil }
func (d *directory) Name() string    { return d.name }
func (*directory) Size() int64       { return 0 }
func (*directory) Mode() fs.FileMode { return fs.ModeDir | 0o555 }
func (*directory) IsDir() bool       { return true }

func (d *directory) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.entries)
	} else if len(d.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.entries))
	out := d.entries[:n:n]
	d.entries = d.entries[n:]
	return out, nil
}
