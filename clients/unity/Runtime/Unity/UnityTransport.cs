#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using UnityEngine.Networking;

namespace AnalyticsPipeline.Unity
{
    /// <summary>HTTP by UnityWebRequest, where .NET's own is missing: WebGL and consoles. Works on the main thread.</summary>
    public sealed class UnityTransport : ITransport
    {
        private readonly Queue<Running> _asked = new Queue<Running>();
        private readonly List<Running> _running = new List<Running>();

        /// <inheritdoc/>
        public void Begin(HttpAttempt attempt, CancellationToken cancelled, Action<HttpAnswer> done)
        {
            lock (_asked)
            {
                _asked.Enqueue(new Running(attempt, cancelled, done));
            }
        }

        /// <summary>Begin what was asked for, and tell what ended: call it in each frame.</summary>
        public void Step()
        {
            lock (_asked)
            {
                while (_asked.Count > 0)
                {
                    _running.Add(_asked.Dequeue());
                }
            }
            for (var i = _running.Count - 1; i >= 0; i--)
            {
                if (_running[i].Step())
                {
                    _running.RemoveAt(i);
                }
            }
        }

        private sealed class Running
        {
            private readonly HttpAttempt _attempt;
            private readonly CancellationToken _cancelled;
            private readonly Action<HttpAnswer> _done;
            private int _told; // 1: the answer was given
            private UnityWebRequest? _request;

            public Running(HttpAttempt attempt, CancellationToken cancelled, Action<HttpAnswer> done)
            {
                _attempt = attempt;
                _cancelled = cancelled;
                _done = done;
                cancelled.Register(() => Tell(HttpAnswer.None)); // at once: the next frame may be far away
            }

            /// <returns>Whether it ended.</returns>
            public bool Step()
            {
                if (_cancelled.IsCancellationRequested)
                {
                    _request?.Abort();
                    return End(HttpAnswer.None);
                }
                if (_request != null)
                {
                    return _request.isDone && End(Answer(_request));
                }
                try
                {
                    _request = Start();
                    return false;
                }
                catch (Exception)
                {
                    return End(HttpAnswer.None); // a game's frame goes on whatever Unity refuses
                }
            }

            private UnityWebRequest Start()
            {
                var request = new UnityWebRequest(_attempt.Url, _attempt.Method)
                {
                    uploadHandler = new UploadHandlerRaw(Body()),
                    downloadHandler = new DownloadHandlerBuffer(),
                    redirectLimit = 0,
                };
                foreach (var header in _attempt.Headers)
                {
                    request.SetRequestHeader(header.Key, header.Value);
                }
                request.SendWebRequest();
                return request;
            }

            private byte[] Body()
            {
                using (var source = _attempt.Open())
                using (var body = new MemoryStream())
                {
                    source.CopyTo(body);
                    return body.ToArray();
                }
            }

            private static HttpAnswer Answer(UnityWebRequest request) => request.responseCode == 0
                ? HttpAnswer.None
                : new HttpAnswer(
                    (int)request.responseCode,
                    request.downloadHandler.text,
                    request.GetResponseHeader("Retry-After"),
                    request.GetResponseHeader("Date"));

            private bool End(HttpAnswer answer)
            {
                _request?.Dispose();
                Tell(answer);
                return true;
            }

            private void Tell(HttpAnswer answer)
            {
                if (Interlocked.Exchange(ref _told, 1) == 0)
                {
                    _done(answer);
                }
            }
        }
    }
}
