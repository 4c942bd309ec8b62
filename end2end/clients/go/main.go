// The line protocol of ../README.md for the Go client.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

type settings map[string]string

type event map[string]string

var output sync.Mutex

func (e event) print(on, name string) {
	e["on"], e["event"] = on, name
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(line))
}

func newProducer(name string, s settings) (rocketmq.Producer, error) {
	options := []producer.Option{
		producer.WithNsResolver(primitive.NewPassthroughResolver([]string{s["endpoint"]})),
		producer.WithGroupName(s["group"]),
		producer.WithInstanceName(name),
		producer.WithCredentials(primitive.Credentials{AccessKey: s["key_id"], SecretKey: s["secret"]}),
	}
	if instance, ok := s["instance"]; ok {
		options = append(options, producer.WithNamespace(instance))
	}
	p, err := rocketmq.NewProducer(options...)
	if err != nil {
		return nil, err
	}
	return p, p.Start()
}

func send(name string, p rocketmq.Producer, s settings) error {
	count, err := strconv.Atoi(s["count"])
	if err != nil {
		return err
	}
	var open sync.WaitGroup
	open.Add(count)
	for i := 0; i < count; i++ {
		body := s["prefix"] + strconv.Itoa(i)
		message := primitive.NewMessage(s["topic"], []byte(body))
		message.WithTag(s["tag"])
		message.WithKeys([]string{s["key"]})
		finish := func(id string, err error) {
			if err != nil {
				event{"body": body, "error": err.Error()}.print(name, "failed")
			} else {
				event{"body": body, "id": id}.print(name, "sent")
			}
			open.Done()
		}
		switch s["how"] {
		case "sync":
			result, err := p.SendSync(context.Background(), message)
			if err != nil {
				finish("", err)
			} else {
				finish(result.MsgID, nil)
			}
		case "oneway":
			err := p.SendOneWay(context.Background(), message)
			finish(message.GetProperty(primitive.PropertyUniqueClientMessageIdKeyIndex), err)
		default:
			done := func(_ context.Context, result *primitive.SendResult, err error) {
				if err != nil {
					finish("", err)
				} else {
					finish(result.MsgID, nil)
				}
			}
			if err := p.SendAsync(context.Background(), done, message); err != nil {
				finish("", err)
			}
		}
	}
	open.Wait()
	event{}.print(name, "done")
	return nil
}

func newConsumer(name string, s settings) (rocketmq.PushConsumer, error) {
	model := consumer.Clustering
	if s["model"] == "broadcasting" {
		model = consumer.BroadCasting
	}
	options := []consumer.Option{
		consumer.WithNsResolver(primitive.NewPassthroughResolver([]string{s["endpoint"]})),
		consumer.WithGroupName(s["group"]),
		consumer.WithInstance(name),
		consumer.WithConsumerModel(model),
		consumer.WithCredentials(primitive.Credentials{AccessKey: s["key_id"], SecretKey: s["secret"]}),
	}
	if instance, ok := s["instance"]; ok {
		options = append(options, consumer.WithNamespace(instance))
	}
	c, err := rocketmq.NewPushConsumer(options...)
	if err != nil {
		return nil, err
	}
	selector := consumer.MessageSelector{Type: consumer.TAG, Expression: s["tags"]}
	err = c.Subscribe(s["topic"], selector, func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, m := range messages {
			event{"id": m.MsgId, "topic": m.Topic, "tag": m.GetTags(), "key": m.GetKeys(), "body": string(m.Body)}.print(name, "received")
		}
		return consumer.ConsumeSuccess, nil
	})
	if err != nil {
		return nil, err
	}
	return c, c.Start()
}

func main() {
	rlog.SetLogLevel("warn")
	open := map[string]interface{ Shutdown() error }{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Split(lines.Text(), "\t")
		verb, name, s := words[0], words[1], settings{}
		for _, word := range words[2:] {
			key, value, _ := strings.Cut(word, "=")
			s[key] = value
		}
		var err error
		answer := ""
		switch verb {
		case "producer":
			answer = "started"
			open[name], err = newProducer(name, s)
		case "consumer":
			answer = "started"
			open[name], err = newConsumer(name, s)
		case "send":
			err = send(name, open[name].(rocketmq.Producer), s)
		case "stop":
			answer = "stopped"
			err = open[name].Shutdown()
			delete(open, name)
		default:
			err = fmt.Errorf("unknown command %s", verb)
		}
		if err != nil {
			event{"error": err.Error()}.print(name, "error")
		} else if answer != "" {
			event{}.print(name, answer)
		}
	}
}
