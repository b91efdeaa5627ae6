package main

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/elimityscim"
)

// maxBody is the largest request in bytes: the library's server has no limit.
const maxBody = 1 << 20

func main() {
	target, err := freshservice.New("acme", freshservice.APIKey(os.Getenv("FRESHSERVICE_API_KEY")), nil)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newHandler(context.Background(), target, os.Getenv("SCIM_TOKEN"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", handler))
}

// newHandler returns a server of the library over the target, at /scim/v2.
func newHandler(ctx context.Context, target *connector.Target, token string) (http.Handler, error) {
	backend, err := provision.New(target, freshservice.Mappings, nil)
	if err != nil {
		return nil, err // every mapping problem, with line and column
	}
	// Asks the account for its fields. A program with resource types of its own
	// takes those of elimityscim.ResourceTypes, and makes the server itself.
	server, err := elimityscim.NewServer(ctx, backend, &elimityscim.Options{Logger: slog.Default()})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", authenticated(scim.BearerToken(token), http.StripPrefix("/scim/v2", server)))
	return http.MaxBytesHandler(mux, maxBody), nil
}

// authenticated lets those pass whom the authenticator knows: the library's server
// asks nobody.
func authenticated(auth scim.Authenticator, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := auth.Authenticate(r)
		if err != nil {
			w.Header().Set("Content-Type", "application/scim+json")
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write(scim.Errorf(http.StatusUnauthorized, "", "The request has no valid credentials.").AppendJSON(nil))
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
