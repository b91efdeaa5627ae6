package gateway

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// WithDocument returns a file system that has one more mapping document beside
// those of base (nil for none): what [Config.Mapping] takes for an override that
// extends one of them. The name is that of a file ("mapping.yaml"); a file of
// base with the same name is hidden. The data must not be changed afterwards.
func WithDocument(base fs.FS, name string, data []byte) fs.FS {
	return overlay{base: base, file: document{name: path.Base(name), data: data}}
}

type overlay struct {
	base fs.FS
	file document
}

var _ fs.ReadDirFS = overlay{}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	switch {
	case name == o.file.name:
		return o.file.open(), nil
	case name == ".":
		entries, err := o.ReadDir(name)
		if err != nil {
			return nil, err
		}
		return &root{entries: entries}, nil
	case o.base == nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	default:
		return o.base.Open(name)
	}
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
	if name != "." {
		return entries, nil
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e fs.DirEntry) bool { return e.Name() == o.file.name })
	entries = append(entries, fs.FileInfoToDirEntry(o.file))
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
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

// root is the directory itself.
type root struct {
	entries []fs.DirEntry
	read    int
}

var _ fs.ReadDirFile = (*root)(nil)

func (r *root) Stat() (fs.FileInfo, error) { return r, nil }
func (r *root) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: ".", Err: fs.ErrInvalid}
}
func (*root) Close() error       { return nil }
func (*root) Name() string       { return "." }
func (*root) Size() int64        { return 0 }
func (*root) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (*root) ModTime() time.Time { return time.Time{} }
func (*root) IsDir() bool        { return true }
func (*root) Sys() any           { return nil }

func (r *root) ReadDir(n int) ([]fs.DirEntry, error) {
	left := r.entries[r.read:]
	if n <= 0 {
		r.read = len(r.entries)
		return left, nil
	}
	if len(left) == 0 {
		return nil, io.EOF
	}
	left = left[:min(n, len(left))]
	r.read += len(left)
	return left, nil
}
