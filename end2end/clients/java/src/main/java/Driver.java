import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The line protocol of ../README.md; the client library is behind {@link Client}. */
public final class Driver {
    /** What a client library must be able to do. */
    interface Client {
        Sender producer(Map<String, String> settings) throws Exception;

        AutoCloseable consumer(Map<String, String> settings, Receiver receiver) throws Exception;
    }

    interface Sender extends AutoCloseable {
        /** Sends and reports the outcome; a one-way send has none but an exception. */
        void send(String how, String topic, String tag, String key, byte[] body, Outcome outcome) throws Exception;
    }

    interface Outcome {
        void sent(String id);

        void failed(Throwable error);
    }

    interface Receiver {
        void received(String id, String topic, String tag, String key, byte[] body);
    }

    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        Client client = args[0].equals("ons") ? new OnsClient() : new ApacheClient();
        Map<String, AutoCloseable> open = new HashMap<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split("\t", -1);
            String name = words[1];
            Map<String, String> settings = new HashMap<>();
            for (int i = 2; i < words.length; i++) {
                int equals = words[i].indexOf('=');
                settings.put(words[i].substring(0, equals), words[i].substring(equals + 1));
            }
            try {
                switch (words[0]) {
                    case "producer":
                        open.put(name, client.producer(settings));
                        event(name, "started");
                        break;
                    case "consumer":
                        open.put(name, client.consumer(settings, (id, topic, tag, key, body) -> event(name, "received",
                                "id", id, "topic", topic, "tag", tag, "key", key,
                                "body", new String(body, StandardCharsets.UTF_8))));
                        event(name, "started");
                        break;
                    case "send":
                        send(name, (Sender) open.get(name), settings);
                        break;
                    case "stop":
                        open.remove(name).close();
                        event(name, "stopped");
                        break;
                    default:
                        throw new IllegalArgumentException("unknown command " + words[0]);
                }
            } catch (Throwable error) {
                event(name, "error", "error", text(error));
            }
        }
        // Client libraries leave threads behind.
        System.exit(0);
    }

    private static void send(String name, Sender sender, Map<String, String> settings) throws InterruptedException {
        int count = Integer.parseInt(settings.get("count"));
        java.util.concurrent.CountDownLatch open = new java.util.concurrent.CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            String body = settings.get("prefix") + i;
            Outcome outcome = new Outcome() {
                @Override
                public void sent(String id) {
                    event(name, "sent", "body", body, "id", id);
                    open.countDown();
                }

                @Override
                public void failed(Throwable error) {
                    event(name, "failed", "body", body, "error", text(error));
                    open.countDown();
                }
            };
            try {
                sender.send(settings.get("how"), settings.get("topic"), settings.get("tag"), settings.get("key"),
                        body.getBytes(StandardCharsets.UTF_8), outcome);
            } catch (Throwable error) {
                outcome.failed(error);
            }
        }
        open.await();
        event(name, "done");
    }

    /** An exception and all its causes: a remark may stand in any of them. */
    private static String text(Throwable error) {
        StringBuilder all = new StringBuilder();
        for (Throwable one = error; one != null && all.length() < 4000; one = one.getCause()) {
            all.append(one).append(" | ");
        }
        return all.toString();
    }

    private static synchronized void event(String on, String event, String... fields) {
        StringBuilder line = new StringBuilder("{\"on\":").append(quoted(on)).append(",\"event\":").append(quoted(event));
        for (int i = 0; i < fields.length; i += 2) {
            line.append(',').append(quoted(fields[i])).append(':').append(fields[i + 1] == null ? "null" : quoted(fields[i + 1]));
        }
        OUT.println(line.append('}'));
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
