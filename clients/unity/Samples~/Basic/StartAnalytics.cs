using AnalyticsPipeline;
using AnalyticsPipeline.Unity;
using UnityEngine;

/// <summary>Put it on any object of the first scene.</summary>
public sealed class StartAnalytics : MonoBehaviour
{
    [SerializeField] private string url = "https://analytics.example.com";
    [SerializeField] private string apiKey = "";

    private void Start()
    {
        var options = new AnalyticsOptions { Url = url, ApiKey = apiKey, OnProblem = Debug.LogWarning };
        var analytics = AnalyticsBehaviour.Begin(options, reportsCrashes: true);
        analytics.SessionStarted().With("language", Application.systemLanguage.ToString()).Track();
        analytics.LevelCompleted("forest", 12.5).With("stars", 3).Track();
    }
}
