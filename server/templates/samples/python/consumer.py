"""Receives messages until it is stopped with Ctrl-C."""

import os
import signal
import sys

from rocketmq.client import PushConsumer

# The secret never stands in source code.
secret = os.environ.get("{{ secret_env }}")
if not secret:
    sys.exit("set {{ secret_env }} to the secret of AccessKey {{ access_key_id }}")


def receive(message):
    tag, key = (message.tags or b"").decode(), (message.keys or b"").decode()
    print(f"Receive message {message.id} Tag {tag} Key {key}: {message.body.decode()}", flush=True)


# Registered before the client starts its own threads, so that they do not take the signals.
stop = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)

consumer = PushConsumer("{{ group_id }}")
consumer.set_namesrv_addr("{{ endpoint }}")
consumer.set_session_credentials("{{ access_key_id }}", secret, "ALIYUN")
consumer.subscribe("{{ topic }}", receive, "*")
consumer.start()
print("Consumer {{ group_id }} started; stop it with Ctrl-C.", flush=True)
signal.sigwait(stop)
consumer.shutdown()
