#nullable enable
using System;
using System.Diagnostics;

namespace AnalyticsPipeline
{
    /// <summary>What the client knows of time; tests bring their own.</summary>
    public interface IClock
    {
        /// <summary>The device's clock, UTC; it may be wrong, and may jump.</summary>
        DateTime UtcNow { get; }

        /// <summary>Time since some moment, never backwards: retries wait by it.</summary>
        TimeSpan Elapsed { get; }
    }

    /// <summary>The device's own clock.</summary>
    public sealed class SystemClock : IClock
    {
        private readonly Stopwatch _running = Stopwatch.StartNew();

        /// <inheritdoc/>
        public DateTime UtcNow => DateTime.UtcNow;

        /// <inheritdoc/>
        public TimeSpan Elapsed => _running.Elapsed;
    }

    /// <summary>Times as they are written.</summary>
    internal static class Instant
    {
        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        public static long Milliseconds(DateTime time) => (time.Ticks - Epoch.Ticks) / TimeSpan.TicksPerMillisecond;

        public static DateTime Of(long milliseconds) => Epoch.AddTicks(milliseconds * TimeSpan.TicksPerMillisecond);
    }
}
