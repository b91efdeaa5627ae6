package main

import (
	"log"
	"net/http"
	"os"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

func main() {
	target, err := freshservice.New("acme", freshservice.APIKey(os.Getenv("FRESHSERVICE_API_KEY")), nil)
	if err != nil {
		log.Fatal(err)
	}
	backend, err := provision.New(target, freshservice.Mappings, nil)
	if err != nil {
		log.Fatal(err) // every mapping problem, with line and column
	}
	handler, err := scim.NewHandler(backend, &scim.Options{
		BaseURL: "https://scim.example.com/scim/v2", Auth: scim.BearerToken(os.Getenv("SCIM_TOKEN"))})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/scim/v2/", handler)
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
