namespace SmartCity.Cloud.Server.Live;

/// <summary>Takes readings as they become durable. Derived, may drop: a tap that is behind drops the oldest and counts them.</summary>
public interface ILiveTap
{
    /// <summary>
    /// Hands over a batch; never blocks. The taker owns it from here on and disposes it when done, dropped ones too.
    /// Called from many threads at once.
    /// </summary>
    void Offer(LiveBatch batch);
}
