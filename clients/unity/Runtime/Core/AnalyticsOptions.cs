#nullable enable
using System;
using System.Collections.Generic;

namespace AnalyticsPipeline
{
    /// <summary>What a player said about analytics.</summary>
    public enum Consent
    {
        /// <summary>Events are kept and sent.</summary>
        Granted,

        /// <summary>Nobody asked yet: nothing new is kept, nothing is sent, nothing is deleted.</summary>
        Pending,

        /// <summary>Nothing is kept, and what was kept is deleted.</summary>
        Refused,
    }

    /// <summary>Where events go, and when.</summary>
    public sealed class AnalyticsOptions
    {
        /// <summary>The pipeline's address, without <c>/v1</c>.</summary>
        public string Url { get; set; } = "";

        /// <summary>The API key; it is written nowhere.</summary>
        public string ApiKey { get; set; } = "";

        /// <summary>The outbox: in Unity a folder under <c>Application.persistentDataPath</c>.</summary>
        public string Folder { get; set; } = "";

        /// <summary><c>event_category</c>; <c>function</c> is loaded into BigQuery.</summary>
        public string Category { get; set; } = "function";

        /// <summary><c>analytics_environment</c>; null for the pipeline's default.</summary>
        public string? Environment { get; set; }

        /// <summary>Fields that every event has, such as <c>playerId</c> and <c>buildVersion</c>.</summary>
        public Dictionary<string, string> CommonFields { get; } = new Dictionary<string, string>();

        public Consent Consent { get; set; } = Consent.Granted;

        /// <summary>A start within this time after the last event goes on with its session; zero: never.</summary>
        public TimeSpan SessionTimeout { get; set; } = TimeSpan.Zero;

        /// <summary>A batch is cut when so many events wait, …</summary>
        public int FlushEvents { get; set; } = 100;

        /// <summary>… or so many bytes, …</summary>
        public int FlushBytes { get; set; } = 256 * 1024;

        /// <summary>… or when the first of them waits so long.</summary>
        public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(10);

        public int MaxBatchEvents { get; set; } = 500;

        public int MaxBatchBytes { get; set; } = 512 * 1024;

        /// <summary>Beyond so many bytes new events are dropped, and counted.</summary>
        public long MaxOutboxBytes { get; set; } = 50_000_000;

        public int MaxEventBytes { get; set; } = 256 * 1024;

        /// <summary>The first pause after a failure is at most this long, each further one twice as long, …</summary>
        public TimeSpan RetryBase { get; set; } = TimeSpan.FromSeconds(1);

        /// <summary>… up to this.</summary>
        public TimeSpan RetryCap { get; set; } = TimeSpan.FromMinutes(5);

        /// <summary>How long everything waits when the gateway refuses the key.</summary>
        public TimeSpan HaltPause { get; set; } = TimeSpan.FromMinutes(5);

        /// <summary>An attempt that takes longer is given up, and repeated.</summary>
        public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(35);

        /// <summary>How often the client looks for what ended processes left.</summary>
        public TimeSpan AdoptInterval { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>Events tracked within this time share one write to the disk.</summary>
        public TimeSpan CommitWindow { get; set; } = TimeSpan.FromMilliseconds(20);

        /// <summary>Bodies from this size on are compressed.</summary>
        public int GzipFrom { get; set; } = 1024;

        /// <summary>False where there are no threads (WebGL): then call <see cref="AnalyticsClient.Pump"/> often.</summary>
        public bool UseThreads { get; set; } = true;

        public IClock Clock { get; set; } = new SystemClock();

        /// <summary>null: an <see cref="HttpTransport"/> of the client's own.</summary>
        public ITransport? Transport { get; set; }

        /// <summary>Told, from any thread, what a developer should know; never with the key in it.</summary>
        public Action<string>? OnProblem { get; set; }

        internal void RefuseIfWrong()
        {
            if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || (url.Scheme != "https" && url.Scheme != "http"))
            {
                throw new ArgumentException("Url: an address that begins with https:// is needed");
            }
            Need(ApiKey.Length > 0, "ApiKey: is empty");
            Need(IsLabel(Category), "Category: 1 to 64 of A-Z a-z 0-9 . _ -");
            Need(Environment == null || IsLabel(Environment), "Environment: 1 to 64 of A-Z a-z 0-9 . _ -");
            Need(FlushEvents > 0, "FlushEvents: at least 1");
            Need(MaxBatchEvents > 0, "MaxBatchEvents: at least 1");
            Need(RetryBase > TimeSpan.Zero && RetryCap >= RetryBase, "RetryBase: more than nothing, and at most RetryCap");
        }

        private static void Need(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new ArgumentException(otherwise);
            }
        }

        private static bool IsLabel(string text)
        {
            foreach (var c in text)
            {
                if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
                {
                    return false;
                }
            }
            return text.Length >= 1 && text.Length <= 64;
        }
    }

    /// <summary>How the outbox is.</summary>
    public sealed class AnalyticsStatus
    {
        /// <summary>Events that are neither acknowledged nor parked.</summary>
        public long Waiting { get; internal set; }

        /// <summary>Batches that the server will not have as they are; see <see cref="AnalyticsClient.Parked"/>.</summary>
        public int Parked { get; internal set; }

        /// <summary>Events dropped because the outbox was full, in all its life.</summary>
        public long Dropped { get; internal set; }

        /// <summary>Whether what is tracked survives the process.</summary>
        public bool IsDurable { get; internal set; }

        /// <summary>Whether the gateway refuses the key, so that everything waits.</summary>
        public bool IsHalted { get; internal set; }

        /// <summary>The bytes of the outbox that count towards its limit.</summary>
        public long Bytes { get; internal set; }
    }

    /// <summary>What became of an event.</summary>
    public enum Tracked
    {
        /// <summary>It is on its way to the disk: <see cref="AnalyticsClient.WaitUntilKept"/> tells when it is there.</summary>
        Taken,

        /// <summary>The outbox is full.</summary>
        Dropped,

        /// <summary>Consent is not given.</summary>
        NotAllowed,

        /// <summary>The client is closed.</summary>
        Closed,
    }

    /// <summary>An event is larger than <see cref="AnalyticsOptions.MaxEventBytes"/>.</summary>
    public sealed class EventTooLargeException : ArgumentException
    {
        internal EventTooLargeException(int bytes, int most)
            : base("an event of " + bytes + " bytes: " + most + " at most")
        {
        }
    }
}
