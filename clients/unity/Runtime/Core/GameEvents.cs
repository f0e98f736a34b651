#nullable enable
namespace AnalyticsPipeline
{
    /// <summary>The events that most games have, under one spelling. They are begun here; add what you like, and Track().</summary>
    public static class GameEvents
    {
        public static EventBuilder SessionStarted(this AnalyticsClient analytics) => analytics.Event("session_start");

        public static EventBuilder SessionEnded(this AnalyticsClient analytics, double seconds) =>
            analytics.Event("session_end").With("seconds", seconds);

        public static EventBuilder LevelStarted(this AnalyticsClient analytics, string level) =>
            analytics.Event("level_start").With("level", level);

        public static EventBuilder LevelCompleted(this AnalyticsClient analytics, string level, double seconds) =>
            analytics.Event("level_complete").With("level", level).With("seconds", seconds);

        public static EventBuilder LevelFailed(this AnalyticsClient analytics, string level, string cause) =>
            analytics.Event("level_fail").With("level", level).With("cause", cause);

        /// <summary>A purchase with real money; the price is exact.</summary>
        public static EventBuilder Purchased(this AnalyticsClient analytics, string product, decimal price, string currency) =>
            analytics.Event("purchase").With("product", product).With("price", price).With("currency", currency);

        public static EventBuilder CurrencyEarned(this AnalyticsClient analytics, string currency, long amount, string source) =>
            analytics.Event("currency_earn").With("currency", currency).With("amount", amount).With("source", source);

        public static EventBuilder CurrencySpent(this AnalyticsClient analytics, string currency, long amount, string sink) =>
            analytics.Event("currency_spend").With("currency", currency).With("amount", amount).With("sink", sink);

        public static EventBuilder ScreenShown(this AnalyticsClient analytics, string screen) =>
            analytics.Event("screen_view").With("screen", screen);

        public static EventBuilder AdShown(this AnalyticsClient analytics, string placement, string network) =>
            analytics.Event("ad_impression").With("placement", placement).With("network", network);

        /// <summary>An exception of the game.</summary>
        public static EventBuilder Failed(this AnalyticsClient analytics, string message, string stack) =>
            analytics.Event("exception").With("message", message).With("stack", stack);
    }
}
