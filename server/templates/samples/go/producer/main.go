// Sends one message and prints its Message ID.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

func main() {
	rlog.SetLogLevel("warn")
	// The secret never stands in source code.
	secret := os.Getenv("{{ secret_env }}")
	if secret == "" {
		log.Fatal("set {{ secret_env }} to the secret of AccessKey {{ access_key_id }}")
	}
	p, err := rocketmq.NewProducer(
		producer.WithNsResolver(primitive.NewPassthroughResolver([]string{"{{ endpoint }}"})),
		producer.WithGroupName("{{ group_id }}"),
		producer.WithCredentials(primitive.Credentials{AccessKey: "{{ access_key_id }}", SecretKey: secret}),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Start(); err != nil {
		log.Fatal(err)
	}
	defer p.Shutdown()

	message := primitive.NewMessage("{{ topic }}", []byte("Hello MQ"))
	message.WithTag("TagA")
	// A key by which the message can be found in the console.
	message.WithKeys([]string{"ORDERID_100"})
	result, err := p.SendSync(context.Background(), message)
	if err != nil {
		log.Fatal("not sent: ", err)
	}
	fmt.Println("Sent. Message ID:", result.MsgID)
}
