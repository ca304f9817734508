using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SmartCity.Hosting.Configuration;

/// <summary>The settings of a process: read, bound and valid.</summary>
public sealed class Settings
{
    private readonly IReadOnlyDictionary<Type, object> _options;

    internal Settings(string process, IReadOnlyDictionary<Type, object> options, IReadOnlyDictionary<string, Setting> values, IReadOnlyList<Setting> shown)
    {
        (Process, _options, Shown) = (process, options, shown);
        Configuration = new ConfigurationBuilder().AddInMemoryCollection(values.Values.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))).Build();
    }

    /// <summary>Name of the process, e.g. <c>gateway</c>.</summary>
    public string Process { get; }
    /// <summary>What was set, as the framework reads it.</summary>
    public IConfiguration Configuration { get; }
    /// <summary>Every setting after binding, defaults among them, in order of the records; secrets are masked.</summary>
    public IReadOnlyList<Setting> Shown { get; }

    /// <summary>The options record of a type that was given to the loader.</summary>
    /// <exception cref="InvalidOperationException">It was not given.</exception>
    public T Get<T>() where T : class => (T)(_options.TryGetValue(typeof(T), out var options) ? options
        : throw new InvalidOperationException($"{typeof(T)} was not among the types given to SettingsLoader.Load."));

    /// <summary>Registers each record as itself and as <see cref="IOptions{T}"/>.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        foreach (var (type, options) in _options)
        {
            services.AddSingleton(type, options);
            services.AddSingleton(typeof(IOptions<>).MakeGenericType(type), Activator.CreateInstance(typeof(OptionsWrapper<>).MakeGenericType(type), options)!);
        }
    }
}
