"""Sends one message and prints its Message ID."""

import os
import sys

from rocketmq.client import Message, Producer

# The secret never stands in source code.
secret = os.environ.get("{{ secret_env }}")
if not secret:
    sys.exit("set {{ secret_env }} to the secret of AccessKey {{ access_key_id }}")

producer = Producer("{{ group_id }}")
producer.set_namesrv_addr("{{ endpoint }}")
producer.set_session_credentials("{{ access_key_id }}", secret, "ALIYUN")
producer.start()
try:
    message = Message("{{ topic }}")
    message.set_tags("TagA")
    # A key by which the message can be found in the console.
    message.set_keys("ORDERID_100")
    message.set_body("Hello MQ")
    result = producer.send_sync(message)
    print("Sent. Message ID:", result.msg_id)
finally:
    producer.shutdown()
