package connector_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/usher-scim/usher/connector"
)

// The Store of a directory is what the drivers' options take as Tokens.
func ExampleOpenTokenDirectory() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)                  //nolint:errcheck // an example
	key := make([]byte, connector.TokenKeySize) // of a program that keeps it elsewhere
	if _, err := rand.Read(key); err != nil {
		log.Fatal(err)
	}
	tokens, err := connector.OpenTokenDirectory(filepath.Join(parent, "tokens"), key)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	store := tokens.Store("acme.zendesk.com", "the-client")
	if err := store.SaveToken(ctx, connector.Token{Refresh: connector.NewSecret("from the consent")}); err != nil {
		log.Fatal(err)
	}
	token, err := store.LoadToken(ctx) // in another process, say
	fmt.Println(token.Refresh.Reveal(), err)
	// Output: from the consent <nil>
}
