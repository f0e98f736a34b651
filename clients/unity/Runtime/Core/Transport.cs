#nullable enable
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace AnalyticsPipeline
{
    /// <summary>Does HTTP.</summary>
    public interface ITransport
    {
        /// <summary>Start an attempt, and return at once.</summary>
        /// <param name="attempt">What to send, with redirects not followed.</param>
        /// <param name="cancelled">Ends the attempt: its time is over, or consent was withdrawn.</param>
        /// <param name="done">Called once, from any thread, whatever happens.</param>
        void Begin(HttpAttempt attempt, CancellationToken cancelled, Action<HttpAnswer> done);
    }

    /// <summary>One request.</summary>
    public sealed class HttpAttempt
    {
        internal HttpAttempt(string method, string url, long length, Func<Stream> open)
        {
            Method = method;
            Url = url;
            Length = length;
            Open = open;
        }

        public string Method { get; }

        /// <summary>With the key in it: not to be logged.</summary>
        public string Url { get; }

        public Dictionary<string, string> Headers { get; } = new Dictionary<string, string>();

        /// <summary>The bytes of the body.</summary>
        public long Length { get; }

        /// <summary>Opens the body; whoever reads it disposes it.</summary>
        public Func<Stream> Open { get; }

        internal static HttpAttempt Of(string url, byte[] body) =>
            new HttpAttempt("POST", url, body.Length, () => new MemoryStream(body, false));
    }

    /// <summary>What came back.</summary>
    public sealed class HttpAnswer
    {
        /// <summary>No answer: nobody knows whether the request arrived.</summary>
        public static readonly HttpAnswer None = new HttpAnswer(0, "", null, null);

        public HttpAnswer(int status, string body, string? retryAfter, string? date)
        {
            Status = status;
            Body = body;
            RetryAfter = retryAfter;
            Date = date;
        }

        public int Status { get; }

        public string Body { get; }

        /// <summary>The header, as it came.</summary>
        public string? RetryAfter { get; }

        /// <summary>The header, as it came: the server's clock.</summary>
        public string? Date { get; }
    }
}
