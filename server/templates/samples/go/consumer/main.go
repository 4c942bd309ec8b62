// Receives messages until it is stopped with Ctrl-C.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

func main() {
	rlog.SetLogLevel("warn")
	// The secret never stands in source code.
	secret := os.Getenv("{{ secret_env }}")
	if secret == "" {
		log.Fatal("set {{ secret_env }} to the secret of AccessKey {{ access_key_id }}")
	}
	c, err := rocketmq.NewPushConsumer(
		consumer.WithNsResolver(primitive.NewPassthroughResolver([]string{"{{ endpoint }}"})),
		consumer.WithGroupName("{{ group_id }}"),
		consumer.WithCredentials(primitive.Credentials{AccessKey: "{{ access_key_id }}", SecretKey: secret}),
	)
	if err != nil {
		log.Fatal(err)
	}
	receive := func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, m := range messages {
			fmt.Printf("Receive message %s Tag %s Key %s: %s\n", m.MsgId, m.GetTags(), m.GetKeys(), m.Body)
		}
		// consumer.ConsumeRetryLater asks for the same messages again, after a while.
		return consumer.ConsumeSuccess, nil
	}
	if err := c.Subscribe("{{ topic }}", consumer.MessageSelector{}, receive); err != nil {
		log.Fatal(err)
	}
	if err := c.Start(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("Consumer {{ group_id }} started; stop it with Ctrl-C.")

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	if err := c.Shutdown(); err != nil {
		log.Fatal(err)
	}
}
