// Alpaca's Go client against the simulator, one check for each thing that a bot does. Its addresses and keys come from
// the environment variables that it reads itself.
package main

import "fmt"

func main() {
	price("SMR", "40")
	price("OKLO", "50")
	accountChecks()
	orderChecks()
	orderKindChecks()
	changeChecks()
	positionChecks()
	historyChecks()
	marketDataChecks()
	streamChecks()
	fmt.Println(`{"done": true}`)
}
