"""The line protocol of ../README.md for the Python client, which carries the C++ 1.x client."""

import json
import os
import sys
import threading

from rocketmq.client import Message, Producer, PushConsumer
from rocketmq.ffi import MessageModel

output = threading.Lock()


def event(on, name, **fields):
    with output:
        sys.stdout.write(json.dumps({"on": on, "event": name, **fields}) + "\n")
        sys.stdout.flush()


def qualified(settings, name):
    """This client has no setting for a namespace; the full wire name does the same."""
    instance = settings.get("instance")
    return f"{instance}%{name}" if instance else name


def new_producer(settings):
    producer = Producer(qualified(settings, settings["group"]), timeout=5000)
    producer.set_namesrv_addr(settings["endpoint"])
    producer.set_session_credentials(settings["key_id"], settings["secret"], "ALIYUN")
    producer.qualify = lambda topic: qualified(settings, topic)
    producer.start()
    return producer


def send(on, producer, settings):
    count = int(settings["count"])
    open_sends = threading.Semaphore(0)
    kept = []
    for i in range(count):
        body = settings["prefix"] + str(i)
        message = Message(producer.qualify(settings["topic"]))
        message.set_tags(settings["tag"])
        message.set_keys(settings["key"])
        message.set_body(body)

        def sent(result, body=body):
            event(on, "sent", body=body, id=result.msg_id)
            open_sends.release()

        def failed(error, body=body):
            event(on, "failed", body=body, error=repr(error))
            open_sends.release()

        try:
            if settings["how"] == "sync":
                sent(producer.send_sync(message))
            elif settings["how"] == "oneway":
                producer.send_oneway(message)
                event(on, "sent", body=body, id="")
                open_sends.release()
            else:
                # The native side reads the message after this call has returned.
                kept.append(message)
                producer.send_async(message, sent, failed)
        except Exception as error:
            failed(error)
    for _ in range(count):
        open_sends.acquire()
    event(on, "done")


def new_consumer(on, settings):
    model = MessageModel.BROADCASTING if settings["model"] == "broadcasting" else MessageModel.CLUSTERING
    consumer = PushConsumer(qualified(settings, settings["group"]), message_model=model)
    consumer.set_namesrv_addr(settings["endpoint"])
    consumer.set_session_credentials(settings["key_id"], settings["secret"], "ALIYUN")
    consumer.set_instance_name(on)

    def receive(message):
        event(
            on,
            "received",
            id=message.id,
            topic=message.topic,
            tag=(message.tags or b"").decode(),
            key=(message.keys or b"").decode(),
            body=message.body.decode(),
        )

    consumer.subscribe(qualified(settings, settings["topic"]), receive, settings["tags"])
    consumer.start()
    return consumer


def main():
    open_clients = {}
    sys.stdin.reconfigure(encoding="utf-8")
    for line in iter(sys.stdin.readline, ""):
        verb, on, *words = line.rstrip("\n").split("\t")
        settings = dict(word.split("=", 1) for word in words)
        try:
            if verb == "producer":
                open_clients[on] = new_producer(settings)
                event(on, "started")
            elif verb == "consumer":
                open_clients[on] = new_consumer(on, settings)
                event(on, "started")
            elif verb == "send":
                send(on, open_clients[on], settings)
            elif verb == "stop":
                # Never collected: the library's own finaliser would shut the client down a second time.
                open_clients[on].shutdown()
                event(on, "stopped")
            else:
                raise ValueError(f"unknown command {verb}")
        except Exception as error:
            event(on, "error", error=repr(error))
    # The native threads do not end by themselves.
    os._exit(0)


main()
