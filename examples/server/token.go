package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/usher-scim/usher/gateway"
)

// printToken prints a new token and the line that stands for it in the
// configuration file.
func printToken(args []string, stdout io.Writer) error {
	if len(args) > 0 {
		return errors.New("token takes no arguments")
	}
	token, hash, err := gateway.NewToken(rand.Reader)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "token:  %s\nsha256: %s\n", token, strings.TrimPrefix(hash.String(), "sha256:"))
	return err
}
