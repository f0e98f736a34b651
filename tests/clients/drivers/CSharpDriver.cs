#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using AnalyticsPipeline;

/// <summary>Drives the Unity client's core: a JSON object a line on stdin, an answer to each on stdout.</summary>
internal static class CSharpDriver
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private static readonly AheadClock Clock = new AheadClock();
    private static AnalyticsClient? _client;

    private static AnalyticsClient Client => _client ?? throw new InvalidOperationException("not open");

    private static int Main()
    {
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
        var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        for (var line = input.ReadLine(); line != null; line = input.ReadLine())
        {
            var told = JsonText.Object(line) ?? new Dictionary<string, object?>();
            var command = Text(told, "do", "");
            output.WriteLine(Answer(command, told));
            if (command == "close")
            {
                return 0;
            }
        }
        _client?.Close(TimeSpan.FromSeconds(1));
        return 0;
    }

    private static string Answer(string command, Dictionary<string, object?> told)
    {
        try
        {
            return Do(command, told);
        }
        catch (Exception error)
        {
            return "{\"ok\":false,\"error\":" + Quoted(error.Message) + "}";
        }
    }

    private static string Do(string command, Dictionary<string, object?> told)
    {
        switch (command)
        {
            case "open":
                Open(told);
                return Ok("\"durable\":" + Truth(Client.Status.IsDurable) + ",\"session\":" + Quoted(Client.Session));
            case "track":
                return Track(told);
            case "flush":
                return Ok("\"left\":" + Client.Flush(Seconds(told, "timeout", 30)));
            case "status":
                var status = Client.Status;
                return Ok("\"waiting\":" + status.Waiting + ",\"parked\":" + status.Parked + ",\"dropped\":" + status.Dropped
                    + ",\"durable\":" + Truth(status.IsDurable) + ",\"halted\":" + Truth(status.IsHalted));
            case "consent":
                Consent(told.TryGetValue("granted", out var granted) && Equals(granted, true));
                return Ok("");
            case "session":
                Client.BeginSession();
                return Ok("\"session\":" + Quoted(Client.Session));
            case "pause":
                Client.Pause();
                return Ok("");
            case "resume":
                Client.Resume();
                return Ok("");
            case "clock":
                Clock.Ahead = Seconds(told, "ahead", 0);
                return Ok("");
            case "retry_parked":
                Client.RetryParked();
                return Ok("");
            case "upload":
                var stored = Client.UploadFile(Text(told, "path", ""), Text(told, "content_type", ""), "driver", "file", Long);
                return Ok("\"object\":" + Quoted(stored));
            case "close":
                return Ok("\"left\":" + (_client?.Close(Seconds(told, "timeout", 5)) ?? 0));
            default:
                return "{\"ok\":false,\"unsupported\":true}";
        }
    }

    private static void Open(Dictionary<string, object?> told)
    {
        var given = told.TryGetValue("options", out var some) && some is Dictionary<string, object?> named
            ? named
            : new Dictionary<string, object?>();
        var options = new AnalyticsOptions
        {
            Url = Text(told, "url", ""),
            ApiKey = Text(told, "key", ""),
            Folder = Text(told, "folder", ""),
            Category = Text(told, "category", "function"),
            Environment = Text(given, "environment", Text(told, "environment", "development")),
            FlushEvents = (int)Number(given, "flush_events", 100),
            FlushInterval = Seconds(given, "flush_seconds", 10),
            MaxOutboxBytes = (long)Number(given, "max_bytes", 50_000_000),
            MaxEventBytes = (int)Number(given, "max_event_bytes", 256 * 1024),
            RetryBase = TimeSpan.FromMilliseconds(Number(given, "retry_base_ms", 1000)),
            RetryCap = TimeSpan.FromMilliseconds(Number(given, "retry_cap_ms", 300_000)),
            SessionTimeout = Seconds(given, "session_timeout", 0),
            HaltPause = Seconds(given, "halt_seconds", 300),
            AdoptInterval = TimeSpan.FromSeconds(0.5),
            Consent = ConsentOf(given),
            Clock = Clock,
            OnProblem = problem => Console.Error.WriteLine(problem),
        };
        _client = new AnalyticsClient(options);
    }

    private static Consent ConsentOf(Dictionary<string, object?> given)
    {
        given.TryGetValue("consent", out var said);
        return Equals(said, false) ? AnalyticsPipeline.Consent.Refused : said is string ? AnalyticsPipeline.Consent.Pending : AnalyticsPipeline.Consent.Granted;
    }

    private static string Track(Dictionary<string, object?> told)
    {
        var pad = new string('x', (int)Number(told, "pad", 0));
        var from = (long)Number(told, "from", 0);
        var count = (long)Number(told, "count", 1);
        long kept = 0;
        long dropped = 0;
        for (var n = from; n < from + count; n++)
        {
            var tracked = Client.Event(Text(told, "type", "t")).With("n", n).With("pad", pad).Track();
            kept += tracked == Tracked.Taken ? 1 : 0;
            dropped += tracked == Tracked.Dropped ? 1 : 0;
        }
        if (!Equals(told.TryGetValue("lazy", out var lazy) ? lazy : false, true) && !Client.WaitUntilKept(Long))
        {
            throw new IOException("the events are not kept in a minute");
        }
        return Ok("\"kept\":" + kept + ",\"dropped\":" + dropped + ",\"session\":" + Quoted(Client.Session) + ",\"next\":" + Client.NextIndex);
    }

    private static void Consent(bool granted)
    {
        if (granted)
        {
            Client.GrantConsent();
        }
        else
        {
            Client.WithdrawConsent();
        }
    }

    private static string Ok(string more) => more.Length == 0 ? "{\"ok\":true}" : "{\"ok\":true," + more + "}";

    private static string Truth(bool value) => value ? "true" : "false";

    private static string Text(Dictionary<string, object?> told, string name, string otherwise) =>
        told.TryGetValue(name, out var value) && value is string text ? text : otherwise;

    private static double Number(Dictionary<string, object?> told, string name, double otherwise) =>
        told.TryGetValue(name, out var value) ? value is long whole ? whole : value is double broken ? broken : otherwise : otherwise;

    private static TimeSpan Seconds(Dictionary<string, object?> told, string name, double otherwise) =>
        TimeSpan.FromSeconds(Number(told, name, otherwise));

    private static string Quoted(string text)
    {
        var json = new JsonWriter();
        json.Text(text);
        return Encoding.UTF8.GetString(json.Buffer, 0, json.Length);
    }

    private sealed class AheadClock : IClock
    {
        private readonly SystemClock _real = new SystemClock();

        public TimeSpan Ahead { get; set; }

        public DateTime UtcNow => _real.UtcNow + Ahead;

        public TimeSpan Elapsed => _real.Elapsed;
    }
}
