#nullable enable
using System;
using System.Security.Cryptography;

namespace AnalyticsPipeline
{
    /// <summary>Ids that tell when they were made (RFC 9562): the server knows a batch by one for days.</summary>
    internal static class UuidV7
    {
        private const string Hex = "0123456789abcdef";
        private static readonly RandomNumberGenerator Random = RandomNumberGenerator.Create();

        public static string Of(DateTime now)
        {
            var bytes = new byte[16];
            lock (Random)
            {
                Random.GetBytes(bytes);
            }
            var time = Instant.Milliseconds(now);
            for (var i = 5; i >= 0; i--, time >>= 8)
            {
                bytes[i] = (byte)time;
            }
            bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
            bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
            return Text(bytes);
        }

        private static string Text(byte[] bytes)
        {
            var text = new char[36];
            var at = 0;
            for (var i = 0; i < bytes.Length; i++)
            {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                {
                    text[at++] = '-';
                }
                text[at++] = Hex[bytes[i] >> 4];
                text[at++] = Hex[bytes[i] & 15];
            }
            return new string(text);
        }
    }
}
