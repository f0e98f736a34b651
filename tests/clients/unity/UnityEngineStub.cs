// As much of UnityEngine as the client's Unity layer names, to compile it without Unity.
using System;

namespace UnityEngine
{
    public enum LogType
    {
        Error,
        Assert,
        Warning,
        Log,
        Exception,
    }

    public enum RuntimePlatform
    {
        Android = 11,
        WebGLPlayer = 17,
    }

    public enum SystemLanguage
    {
        English = 10,
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute
    {
    }

    public class Object
    {
        public static void DontDestroyOnLoad(Object target)
        {
        }
    }

    public class Component : Object
    {
    }

    public class MonoBehaviour : Component
    {
    }

    public sealed class GameObject : Object
    {
        public GameObject(string name)
        {
        }

        public T AddComponent<T>()
            where T : Component, new() => new T();
    }

    public static class Application
    {
        public delegate void LogCallback(string condition, string stackTrace, LogType type);

        public static event LogCallback logMessageReceivedThreaded;

        public static string persistentDataPath { get; set; } = "";

        public static string version { get; set; } = "1.2.3";

        public static bool isConsolePlatform { get; set; }

        public static RuntimePlatform platform { get; set; } = RuntimePlatform.Android;

        public static SystemLanguage systemLanguage => SystemLanguage.English;

        public static void Say(string condition, string stackTrace, LogType type) =>
            logMessageReceivedThreaded?.Invoke(condition, stackTrace, type);
    }

    public static class Debug
    {
        public static void LogWarning(object message)
        {
        }
    }
}

namespace UnityEngine.Networking
{
    public class UploadHandler
    {
    }

    public sealed class UploadHandlerRaw : UploadHandler
    {
        public UploadHandlerRaw(byte[] data)
        {
        }
    }

    public class DownloadHandler
    {
        public string text => "";
    }

    public sealed class DownloadHandlerBuffer : DownloadHandler
    {
    }

    public sealed class UnityWebRequestAsyncOperation
    {
    }

    public sealed class UnityWebRequest : IDisposable
    {
        public UnityWebRequest(string url, string method)
        {
        }

        public UploadHandler uploadHandler { get; set; }

        public DownloadHandler downloadHandler { get; set; }

        public int redirectLimit { get; set; }

        public bool isDone => true;

        public long responseCode => 0;

        public void SetRequestHeader(string name, string value)
        {
        }

        public UnityWebRequestAsyncOperation SendWebRequest() => new UnityWebRequestAsyncOperation();

        public string GetResponseHeader(string name) => null;

        public void Abort()
        {
        }

        public void Dispose()
        {
        }
    }
}
