#nullable enable
using System;
using System.IO;
using UnityEngine;

namespace AnalyticsPipeline.Unity
{
    /// <summary>Lives as long as the game, and tells the client when the game pauses and ends.</summary>
    public sealed class AnalyticsBehaviour : MonoBehaviour
    {
        private static AnalyticsBehaviour? _instance;
        private UnityTransport? _transport;
        private AnalyticsClient? _client;
        private bool _pumps;
        private bool _reportsCrashes;

        /// <summary>The client of the game, once <see cref="Begin"/> was called.</summary>
        /// <exception cref="InvalidOperationException">It was not.</exception>
        public static AnalyticsClient Analytics
        {
            get
            {
                if (_instance != null && _instance._client != null)
                {
                    return _instance._client;
                }
                throw new InvalidOperationException("call AnalyticsBehaviour.Begin(options) first");
            }
        }

        /// <summary>Start the client, once. What the options leave out is chosen for Unity.</summary>
        /// <param name="options">Url and ApiKey are needed.</param>
        /// <param name="reportsCrashes">Whether exceptions that nobody catches are tracked as events.</param>
        public static AnalyticsClient Begin(AnalyticsOptions options, bool reportsCrashes = false)
        {
            if (_instance != null)
            {
                return Analytics;
            }
            var holder = new GameObject("Analytics");
            DontDestroyOnLoad(holder);
            var behaviour = holder.AddComponent<AnalyticsBehaviour>();
            behaviour.Open(options, reportsCrashes);
            _instance = behaviour;
            return Analytics;
        }

        private void Open(AnalyticsOptions options, bool reportsCrashes)
        {
            if (options.Folder.Length == 0)
            {
                options.Folder = Path.Combine(Application.persistentDataPath, "analytics");
            }
            if (!options.CommonFields.ContainsKey("buildVersion"))
            {
                options.CommonFields["buildVersion"] = Application.version;
            }
            if (Application.platform == RuntimePlatform.WebGLPlayer)
            {
                options.UseThreads = false;
                _pumps = true;
            }
            if (options.Transport == null && (_pumps || Application.isConsolePlatform))
            {
                _transport = new UnityTransport();
                options.Transport = _transport;
            }
            _client = new AnalyticsClient(options);
            _reportsCrashes = reportsCrashes;
            if (_reportsCrashes)
            {
                Application.logMessageReceivedThreaded += OnLog;
            }
        }

        private void Update()
        {
            if (_transport != null)
            {
                _transport.Step();
            }
            if (_pumps && _client != null)
            {
                _client.Pump();
            }
        }

        private void OnApplicationPause(bool isPaused)
        {
            if (_client == null)
            {
                return;
            }
            if (isPaused)
            {
                _client.Pause();
            }
            else
            {
                _client.Resume();
            }
        }

        /// <summary>On Android a dialog takes the focus without a pause, and the game may be killed under it.</summary>
        private void OnApplicationFocus(bool hasFocus)
        {
            if (!hasFocus && _client != null)
            {
                _client.Pause();
            }
        }

        private void OnApplicationQuit() => End();

        private void OnDestroy() => End();

        private void End()
        {
            if (_reportsCrashes)
            {
                Application.logMessageReceivedThreaded -= OnLog;
            }
            if (_client != null)
            {
                // UnityTransport works between frames, and there are none while this waits.
                _client.Close(_transport == null ? TimeSpan.FromSeconds(2) : TimeSpan.Zero);
                _client = null;
            }
            if (_instance == this)
            {
                _instance = null;
            }
        }

        private void OnLog(string message, string stack, LogType type)
        {
            if (type == LogType.Exception && _client != null)
            {
                _client.Failed(Short(message), Short(stack)).Track();
            }
        }

        private static string Short(string text) => text.Length > 8000 ? text.Substring(0, 8000) : text;
    }
}
