#nullable enable
using System;
using System.Threading;
using AnalyticsPipeline;

/// <summary>Works without the client's threads, as WebGL has to.</summary>
internal static class PumpProgram
{
    private static void Main(string[] given)
    {
        var options = new AnalyticsOptions
        {
            Url = given[0],
            ApiKey = "k",
            Folder = given[1],
            UseThreads = false,
            FlushEvents = 2,
            RetryBase = TimeSpan.FromMilliseconds(1),
            RetryCap = TimeSpan.FromMilliseconds(5),
        };
        var analytics = new AnalyticsClient(options);
        analytics.Event("one").Track();
        analytics.Event("two").Track();
        Console.WriteLine(analytics.WaitUntilKept(TimeSpan.Zero));
        var end = DateTime.UtcNow.AddSeconds(90);
        while (analytics.Status.Waiting > 0 && DateTime.UtcNow < end)
        {
            analytics.Pump();
            Thread.Sleep(1);
        }
        Console.WriteLine(analytics.Close(TimeSpan.Zero));
    }
}
