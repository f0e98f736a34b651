using System;
using System.IO;
using System.Reflection;
using AnalyticsPipeline;
using AnalyticsPipeline.Unity;
using UnityEngine;

/// <summary>Plays a game's life as Unity would: its messages are private, so they are sent by reflection.</summary>
internal static class UnityProgram
{
    private static void Main(string[] given)
    {
        Application.persistentDataPath = given[1];
        var options = new AnalyticsOptions { Url = given[0], ApiKey = "k" };
        var analytics = AnalyticsBehaviour.Begin(options, true);
        analytics.LevelStarted("forest").Track();
        Application.Say("it broke", "at Game.Run", LogType.Exception);
        Application.Say("only told", "", LogType.Log);
        Send("Update");
        Send("OnApplicationPause", true);
        Send("OnApplicationPause", false);
        Send("OnApplicationFocus", false);
        analytics.Flush(TimeSpan.FromSeconds(90));
        Console.WriteLine(Directory.Exists(Path.Combine(given[1], "analytics")) ? "kept" : "not kept");
        Send("OnApplicationQuit");
        Console.WriteLine(analytics.Event("late").Track());
    }

    private static void Send(string message, params object[] with)
    {
        var holder = typeof(AnalyticsBehaviour).GetField("_instance", BindingFlags.NonPublic | BindingFlags.Static);
        var method = typeof(AnalyticsBehaviour).GetMethod(message, BindingFlags.NonPublic | BindingFlags.Instance);
        method.Invoke(holder.GetValue(null), with);
    }
}
