#nullable enable
using System;
using System.Diagnostics;
using System.Threading;
using AnalyticsPipeline;

/// <summary>Measures Track: time on the caller's thread, and what it allocates there. Arguments: events, folder.</summary>
internal static class TrackBench
{
    private static void Main(string[] given)
    {
        var events = int.Parse(given[0]);
        var options = new AnalyticsOptions { Url = "http://127.0.0.1:9", ApiKey = "k", Folder = given[1], MaxOutboxBytes = long.MaxValue };
        var analytics = new AnalyticsClient(options);
        double least = double.MaxValue;
        long allocated = long.MaxValue;
        for (var round = 0; round < 8; round++) // the first compile, and grow the buffers
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            least = Math.Min(least, Round(analytics, events));
            allocated = Math.Min(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
            analytics.WaitUntilKept(TimeSpan.FromSeconds(60));
        }
        Console.WriteLine("ns " + least.ToString("F0") + " bytes " + (allocated / (double)events).ToString("F1"));
        analytics.WithdrawConsent();
        analytics.Close(TimeSpan.Zero);
    }

    /// <returns>Nanoseconds for each event; the frames between do not count.</returns>
    private static double Round(AnalyticsClient analytics, int events)
    {
        var watch = new Stopwatch();
        for (var i = 0; i < events; i += 100)
        {
            watch.Start();
            for (var j = i; j < i + 100; j++)
            {
                analytics.Event("level_complete").With("level", j).With("time", 12.5).With("character", "knight").Track();
            }
            watch.Stop();
            Thread.Sleep(1);
        }
        return watch.Elapsed.TotalMilliseconds * 1e6 / events;
    }
}
