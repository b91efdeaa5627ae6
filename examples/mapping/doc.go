// Command mapping helps to write mapping documents:
//
//	mapping check   FILE|DIR…                     is it right?
//	mapping explain DOCUMENT USER.json            what becomes of this user, and why?
//	mapping diff    DOCUMENT USER.json RECORD.json   what would an update change?
//	mapping test    FILE|DIR…                     run case files, and the tests in documents
//	mapping print   DOCUMENT                      an override as the whole that it makes
//	mapping import  entra|okta|miniorange FILE    a start, from another system's mapping
//
// A DOCUMENT is a file or the name of a shipped one, such as
// freshservice-requester; an override finds what it extends among the files named
// beside it and the shipped ones. A FILE - is standard input. Nothing is called,
// nothing is written. The exit code is 0 when all is well, 1 when a document, a
// user or a case is not, 2 when the command was used wrongly.
package main
