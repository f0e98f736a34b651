#nullable enable
using System;
using System.Collections.Generic;
using AnalyticsPipeline;

/// <summary>Tracks one event for each kind of value, and says on stdout what is refused.</summary>
internal static class ValuesProgram
{
    private static void Main(string[] given)
    {
        var options = new AnalyticsOptions { Url = given[0], ApiKey = "k", Folder = given[1] };
        options.CommonFields["playerId"] = "änn";
        var analytics = new AnalyticsClient(options);
        analytics.Event("numbers").With("int", 7).With("long", long.MinValue).With("double", 0.1 + 0.2)
            .With("large", 1.7976931348623157E+308).With("small", 5E-324).With("float", 0.1f)
            .With("decimal", 1.10m).With("whole", 12345678901234567890.123456789m).With("yes", true).Track();
        analytics.Event("texts").With("quote", "\"\\\n\t\u0001").With("smile", "\U0001F600").With("lone", "a\uD83D")
            .With("lone low", "\uDE00b").With("none", null).With("umlaut", "ü€").Track();
        analytics.Event("nested").Object("outer").With("a", 1).Object("inner").With("b", "c").End().End().With("d", 2)
            .Field("eventClass", "progress").Field("eventSource", "client").Track();
        analytics.Track("dictionary", new Dictionary<string, object?>
        {
            ["list"] = new List<object?> { 1, "two", null, 3.5, new Dictionary<string, object?> { ["four"] = 4m } },
            ["unsigned"] = ulong.MaxValue,
        });
        analytics.Purchased("gems", 4.99m, "EUR").With("first", true).Track();

        var tracked = analytics.Event("once");
        tracked.Track();
        Refused("twice", () => tracked.Track());
        Refused("nan", () => analytics.Event("x").With("a", double.NaN).Track());
        Refused("infinity", () => analytics.Event("x").With("a", float.PositiveInfinity).Track());
        Refused("open", () => analytics.Event("x").Object("a").Track());
        Refused("end", () => analytics.Event("x").End().Track());
        Refused("ours", () => analytics.Event("x").Field("eventId", "a").Track());
        Refused("thing", () => analytics.Track("x", new Dictionary<string, object?> { ["a"] = new object() }));
        Refused("url", () => new AnalyticsClient(new AnalyticsOptions { Url = "nowhere", ApiKey = "k" }));
        analytics.Event("last").Track();
        Console.WriteLine("left " + analytics.Close(TimeSpan.FromSeconds(90)));
        Console.WriteLine("closed " + analytics.Event("late").Track());
    }

    private static void Refused(string what, Action action)
    {
        try
        {
            action();
            Console.WriteLine(what + " is taken");
        }
        catch (Exception error)
        {
            Console.WriteLine(what + " " + error.GetType().Name);
        }
    }
}
