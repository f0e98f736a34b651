#nullable enable
using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace AnalyticsPipeline
{
    /// <summary>HTTP by <see cref="HttpClient"/>: everywhere but in WebGL.</summary>
    public sealed class HttpTransport : ITransport, IDisposable
    {
        private readonly HttpClient _http;

        public HttpTransport()
        {
            _http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
            _http.MaxResponseContentBufferSize = 1_000_000; // what is longer is no answer of the pipeline
            _http.Timeout = Timeout.InfiniteTimeSpan; // whoever begins an attempt cancels it
        }

        /// <inheritdoc/>
        public void Begin(HttpAttempt attempt, CancellationToken cancelled, Action<HttpAnswer> done)
        {
            Task<HttpAnswer> sending;
            try
            {
                sending = Send(attempt, cancelled);
            }
            catch (Exception)
            {
                done(HttpAnswer.None);
                return;
            }
            sending.ContinueWith(
                sent =>
                {
                    GC.KeepAlive(sent.Exception); // looked at: nobody else will
                    done(sent.Status == TaskStatus.RanToCompletion ? sent.Result : HttpAnswer.None);
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        /// <inheritdoc/>
        public void Dispose() => _http.Dispose();

        private async Task<HttpAnswer> Send(HttpAttempt attempt, CancellationToken cancelled)
        {
            using (var request = new HttpRequestMessage(new HttpMethod(attempt.Method), attempt.Url))
            {
                request.Content = new StreamContent(attempt.Open());
                request.Content.Headers.ContentLength = attempt.Length;
                request.Headers.ExpectContinue = false;
                foreach (var header in attempt.Headers)
                {
                    if (!request.Headers.TryAddWithoutValidation(header.Key, header.Value))
                    {
                        request.Content.Headers.TryAddWithoutValidation(header.Key, header.Value);
                    }
                }
                using (var response = await _http.SendAsync(request, cancelled).ConfigureAwait(false))
                {
                    var body = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
                    return new HttpAnswer((int)response.StatusCode, body, First(response, "Retry-After"), First(response, "Date"));
                }
            }
        }

        private static string? First(HttpResponseMessage response, string name)
        {
            if (response.Headers.TryGetValues(name, out IEnumerable<string> values))
            {
                foreach (var value in values)
                {
                    return value;
                }
            }
            return null;
        }
    }
}
