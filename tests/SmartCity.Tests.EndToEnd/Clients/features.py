"""What Debian's paho-mqtt can do against a gateway. Usage: features.py PORT USER PASSWORD VERSION

Prints "ok NAME" for each feature and ends with 0, or says what went wrong and ends with 1. The user is a bridge that may
publish and subscribe to city/v1/+/status and city/v1/+/cmd/+/res.
"""
import queue
import socket
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

PORT, USER, PASSWORD, VERSION = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
WAIT = 15


class Client:
    """A connected client whose events come in queues."""

    def __init__(self, name, keep=False, will=None, **properties):
        self.name = f"py{VERSION}-{name}"
        self.messages, self.subscribed, self.connected = queue.Queue(), queue.Queue(), queue.Queue()
        if VERSION == 5:
            self.paho = mqtt.Client(self.name, protocol=mqtt.MQTTv5)
        else:
            self.paho = mqtt.Client(self.name, clean_session=not keep, protocol=mqtt.MQTTv311)
        self.paho.username_pw_set(USER, PASSWORD)
        self.paho.on_message = lambda _, __, message: self.messages.put(message)
        self.paho.on_subscribe = lambda _, __, mid, granted, *more: self.subscribed.put(granted)
        self.paho.on_connect = lambda _, __, flags, code, *more: self.connected.put((flags, code, *more))
        if will:
            self.paho.will_set(*will)
        if VERSION == 5:
            connect = Properties(PacketTypes.CONNECT)
            if keep:
                connect.SessionExpiryInterval = 600
            for key, value in properties.items():
                setattr(connect, key, value)
            self.paho.connect("127.0.0.1", PORT, clean_start=not keep, properties=connect)
        else:
            self.paho.connect("127.0.0.1", PORT)
        self.paho.loop_start()
        self.flags, code, *self.more = self.connected.get(timeout=WAIT)
        assert (code.value if VERSION == 5 else code) == 0, f"{self.name}: CONNACK {code}"

    @property
    def session_present(self):
        return self.flags["session present"]

    def subscribe(self, topic, qos=2):
        self.paho.subscribe(topic, options=SubscribeOptions(qos=qos)) if VERSION == 5 else self.paho.subscribe(topic, qos)
        granted = self.subscribed.get(timeout=WAIT)[0]
        assert (granted.value if VERSION == 5 else granted) == qos, f"{self.name}: {topic} granted {granted}"

    def publish(self, topic, payload, qos=1, retain=False, properties=None):
        sent = self.paho.publish(topic, payload, qos, retain, properties) if VERSION == 5 else self.paho.publish(topic, payload, qos, retain)
        sent.wait_for_publish(WAIT)
        assert sent.is_published(), f"{self.name}: {topic} was not acknowledged"

    def receive(self):
        return self.messages.get(timeout=WAIT)

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def break_off(self):
        self.paho.loop_stop()
        self.paho.socket().shutdown(socket.SHUT_RDWR)


def status(name):
    return f"city/v1/py{VERSION}-{name}/status"


def equal(expected, actual, what):
    assert expected == actual, f"{what}: {actual!r} in place of {expected!r}"


def sessions():
    away = Client("away", keep=True)
    equal(0, away.session_present, "session present")
    away.subscribe(status("session"))
    away.close()
    publisher = Client("session")
    for qos in (0, 1, 2):
        publisher.publish(status("session"), str(qos), qos)
    away = Client("away", keep=True)
    equal(1, away.session_present, "session present")
    equal([b"1", b"2"], [away.receive().payload for _ in range(2)], "queued")
    away.close()
    away = Client("away")
    equal(0, away.session_present, "session present after a clean start")
    away.close()
    publisher.close()


def qos_2():
    subscriber, publisher = Client("qos-sub"), Client("qos")
    subscriber.subscribe(status("qos"))
    for i in range(100):
        publisher.publish(status("qos"), str(i), 2)
    equal([(str(i).encode(), 2) for i in range(100)], [(m.payload, m.qos) for m in (subscriber.receive() for _ in range(100))], "messages")
    assert subscriber.messages.empty(), "a message came twice"
    subscriber.close()
    publisher.close()


def retained():
    publisher = Client("retained")
    publisher.publish(status("retained"), "kept", 1, True)
    first = Client("retained-1")
    first.subscribe(status("retained"))
    message = first.receive()
    equal((b"kept", True), (message.payload, message.retain), "retained")
    publisher.publish(status("retained"), "", 1, True)
    second = Client("retained-2")
    second.subscribe(status("retained"))
    publisher.publish(status("retained"), "live")
    message = second.receive()
    equal((b"live", False), (message.payload, message.retain), "after it was cleared")
    for client in (publisher, first, second):
        client.close()


def will():
    subscriber = Client("will-sub")
    subscriber.subscribe(status("will"))
    Client("will", will=(status("will"), "gone", 1, False)).break_off()
    equal(b"gone", subscriber.receive().payload, "Will")
    Client("will", will=(status("will"), "gone", 1, False)).close()
    publisher = Client("will-marker")
    publisher.publish(status("will"), "marker")
    equal(b"marker", subscriber.receive().payload, "after an orderly end")
    subscriber.close()
    publisher.close()


def properties():
    subscriber, publisher = Client("properties-sub"), Client("properties")
    subscriber.subscribe(status("properties"))
    given = Properties(PacketTypes.PUBLISH)
    given.ContentType, given.ResponseTopic, given.CorrelationData, given.PayloadFormatIndicator = "text/plain", "answer", b"\x00\xff", 1
    given.UserProperty = [("b", "1"), ("a", "2"), ("b", "3")]
    given.MessageExpiryInterval = 100
    publisher.publish(status("properties"), "x", properties=given)
    got = subscriber.receive().properties
    for name in ("ContentType", "ResponseTopic", "CorrelationData", "PayloadFormatIndicator", "UserProperty"):
        equal(getattr(given, name), getattr(got, name), name)
    assert 90 <= got.MessageExpiryInterval <= 100, f"expiry {got.MessageExpiryInterval}"
    subscriber.close()
    publisher.close()


def shared():
    members = [Client(f"shared-{i}") for i in range(3)]
    for member in members:
        member.subscribe(f"$share/group/{status('shared')}", 1)
    publisher = Client("shared")
    for i in range(30):
        publisher.publish(status("shared"), str(i))
    got = [[member.receive().payload for _ in range(10)] for member in members]
    equal(sorted(str(i).encode() for i in range(30)), sorted(sum(got, [])), "of the group")
    for client in (*members, publisher):
        client.close()


def topic_alias():
    subscriber, publisher = Client("alias-sub", TopicAliasMaximum=4), Client("alias")
    subscriber.subscribe(status("alias"))
    assert publisher.more[0].TopicAliasMaximum > 0, "no alias is taken"
    for topic in (status("alias"), ""):
        given = Properties(PacketTypes.PUBLISH)
        given.TopicAlias = 1
        publisher.publish(topic, topic or "by its alias", properties=given)
    subscriber.receive()
    message = subscriber.receive()
    equal(b"by its alias", message.payload, "by an alias")
    subscriber.close()
    publisher.close()


def receive_maximum():
    subscriber, publisher = Client("receive-sub", ReceiveMaximum=1), Client("receive")
    assert publisher.more[0].ReceiveMaximum > 0
    subscriber.subscribe(status("receive"))
    for i in range(50):
        publisher.publish(status("receive"), str(i), 1 + i % 2)
    equal([str(i).encode() for i in range(50)], [subscriber.receive().payload for _ in range(50)], "messages")
    subscriber.close()
    publisher.close()


for feature in (sessions, qos_2, retained, will) + ((properties, shared, topic_alias, receive_maximum) if VERSION == 5 else ()):
    try:
        feature()
    except queue.Empty:
        sys.exit(f"{feature.__name__}: nothing came within {WAIT} s")
    except AssertionError as error:
        sys.exit(f"{feature.__name__}: {error}")
    print(f"ok {feature.__name__}", flush=True)
