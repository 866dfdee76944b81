package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
)

const notThere = "endpoint not found"

// The errors of the streams are texts: a body with its status, or that of a handshake.
var (
	streamRefusal = regexp.MustCompile(`(?s)^(.*) \(HTTP (\d+)\)$`)
	handshake     = regexp.MustCompile(`expected handshake response status code 101 but got (\d+)`)
)

type result struct {
	Capability string `json:"capability"`
	Check      string `json:"check"`
	Verdict    string `json:"verdict"`
	Words      string `json:"words"`
}

// check runs one check and prints its result: right, refused, absent or wrong. A check fails by panicking with an error.
func check(capability, name string, run func()) {
	verdict, words := "right", ""
	if err := failure(run); err != nil {
		verdict, words = judged(err)
	}
	line, _ := json.Marshal(result{capability, name, verdict, words})
	fmt.Println(string(line))
}

func failure(run func()) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			if asError, ok := thrown.(error); ok {
				err = asError
			} else {
				err = fmt.Errorf("%v", thrown)
			}
		}
	}()
	run()
	return nil
}

func judged(err error) (verdict, words string) {
	status, message, known := answerIn(err)
	switch {
	case !known:
		return "wrong", err.Error()
	case status == http.StatusNotFound && message == notThere:
		return "absent", message
	case status >= 400 && status < 500 && message != "":
		return "refused", fmt.Sprintf("%d %s", status, message)
	default:
		return "wrong", fmt.Sprintf("%d %s", status, message)
	}
}

func answerIn(err error) (status int, message string, known bool) {
	var refused *alpaca.APIError
	if errors.As(err, &refused) {
		return refused.StatusCode, refused.Message, true
	}
	if found := handshake.FindStringSubmatch(err.Error()); found != nil {
		return http.StatusNotFound, notThere, found[1] == "400" || found[1] == "404"
	}
	if found := streamRefusal.FindStringSubmatch(err.Error()); found != nil {
		var body alpaca.APIError
		if json.Unmarshal([]byte(found[1]), &body) == nil {
			code, _ := strconv.Atoi(found[2])
			return code, body.Message, true
		}
	}
	return 0, "", false
}

// refuses fails unless the venue refuses what run asks for, with this status and these words.
func refuses(run func(), status int, words string) {
	err := failure(run)
	if err == nil {
		panic(fmt.Errorf("taken, where %d %s is right", status, words))
	}
	found, message, known := answerIn(err)
	if !known {
		panic(err)
	}
	same(found == status && strings.Contains(message, words), "refused with %d %s, not %d %s", found, message, status, words)
}

// must passes a value on, and fails with the error that came in its place.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func same(isSo bool, format string, values ...any) {
	if !isSo {
		panic(fmt.Errorf(format, values...))
	}
}

// until asks again until the answer is yes.
func until(what string, seconds int, probe func() bool) {
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if probe() {
			return
		}
	}
	panic(fmt.Errorf("%s did not come in time", what))
}

// control asks the simulator for something that only happens to an account at Alpaca: a price, a deposit, a split.
func control(path string, body map[string]any) {
	text := must(json.Marshal(body))
	response := must(http.Post(os.Getenv("SIMULATOR_URL")+"/simulator/"+path, "application/json", bytes.NewReader(text)))
	defer response.Body.Close()
	same(response.StatusCode == http.StatusOK, "the simulator refuses %s: %d", path, response.StatusCode)
}

func price(symbol, dollars string) {
	control("prices", map[string]any{"symbol": symbol, "price": dollars})
}
