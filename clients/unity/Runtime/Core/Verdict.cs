#nullable enable
using System;
using System.Globalization;

namespace AnalyticsPipeline
{
    /// <summary>What an answer means for the batch.</summary>
    internal enum Meaning
    {
        Acknowledged,
        Retry, // the same again, later
        Split, // too large as a whole
        Halt, // the key is refused: everything waits
        Park, // the server says why it will never have this
    }

    /// <summary>An answer, understood: the one table of what a status means.</summary>
    internal readonly struct Verdict
    {
        private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

        public readonly Meaning Meaning;
        public readonly string Reason;
        public readonly TimeSpan RetryAfter;

        private Verdict(Meaning meaning, string reason, TimeSpan retryAfter)
        {
            Meaning = meaning;
            Reason = reason;
            RetryAfter = retryAfter;
        }

        public static Verdict Of(HttpAnswer answer, int events, DateTime now)
        {
            var reason = ReasonOf(answer.Body);
            return new Verdict(MeaningOf(answer, events, reason), reason, RetryAfterOf(answer, now));
        }

        private static Meaning MeaningOf(HttpAnswer answer, int events, string reason)
        {
            switch (answer.Status)
            {
                case 200:
                    return Counts(answer.Body, events) ? Meaning.Acknowledged : Meaning.Retry;
                case 408:
                case 429:
                    return Meaning.Retry;
                case 413:
                    return events > 1 ? Meaning.Split : Meaning.Park;
                case 401:
                case 403:
                case 404:
                    return Meaning.Halt;
            }
            if (answer.Status < 400 || answer.Status >= 500)
            {
                return Meaning.Retry; // also a redirect: of a hotel's network, not of the pipeline
            }
            return reason.Length > 0 ? Meaning.Park : Meaning.Halt;
        }

        private static bool Counts(string body, int events) => Equals(Member(body, "event_count"), (long)events);

        private static string ReasonOf(string body) => Member(body, "reason") as string ?? "";

        private static object? Member(string body, string name)
        {
            object? value = null;
            JsonText.Object(body)?.TryGetValue(name, out value);
            return value;
        }

        /// <summary>Seconds, or a date by the server's clock where it tells it: ours may be wrong.</summary>
        private static TimeSpan RetryAfterOf(HttpAnswer answer, DateTime now)
        {
            var said = answer.RetryAfter?.Trim() ?? "";
            var pause = TimeSpan.Zero;
            if (double.TryParse(said, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
            {
                pause = TimeSpan.FromSeconds(Math.Min(seconds, LongestRetryAfter.TotalSeconds));
            }
            else if (TryDate(said, out var date))
            {
                pause = date - (TryDate(answer.Date ?? "", out var theirs) ? theirs : now);
            }
            return pause < TimeSpan.Zero ? TimeSpan.Zero : pause > LongestRetryAfter ? LongestRetryAfter : pause;
        }

        private static bool TryDate(string text, out DateTime date) =>
            DateTime.TryParseExact(
                text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out date);
    }

    /// <summary>How long to wait after failures: full jitter, so that a million devices do not come back together.</summary>
    internal sealed class Backoff
    {
        private readonly Random _random = new Random(Guid.NewGuid().GetHashCode());
        private readonly TimeSpan _first;
        private readonly TimeSpan _cap;
        private int _failures;

        public Backoff(TimeSpan first, TimeSpan cap)
        {
            _first = first;
            _cap = cap;
        }

        public void Reset() => _failures = 0;

        public TimeSpan Next()
        {
            var most = Math.Min(_cap.TotalMilliseconds, _first.TotalMilliseconds * Math.Pow(2, Math.Min(_failures++, 30)));
            return TimeSpan.FromMilliseconds(_random.NextDouble() * most);
        }
    }
}
