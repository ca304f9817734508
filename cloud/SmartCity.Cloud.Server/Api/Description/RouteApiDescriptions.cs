using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using SmartCity.Cloud.Dashboards.Problems;
using SmartCity.Cloud.Server.Access;
using SmartCity.Cloud.Server.Api.Contracts;

namespace SmartCity.Cloud.Server.Api.Description;

/// <summary>Adds to what the framework knows of a route: the body that it reads by hand, and every problem that it may answer.</summary>
internal sealed class RouteApiDescriptions : IApiDescriptionProvider
{
    private static readonly EmptyModelMetadataProvider _metadata = new();

    /// <summary>After the framework's own.</summary>
    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        foreach (var description in context.Results)
        {
            if (description.ActionDescriptor.EndpointMetadata.OfType<BodyContract>().FirstOrDefault() is { } body)
            {
                description.ParameterDescriptions.Add(new ApiParameterDescription { Name = "body", Source = BindingSource.Body, Type = body.Contract, ModelMetadata = _metadata.GetMetadataForType(body.Contract), IsRequired = true });
                description.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = Answer.Json });
            }
            foreach (var status in ProblemsOf(description).Select(kind => kind.Status).Distinct().Order())
                description.SupportedResponseTypes.Add(new ApiResponseType
                {
                    StatusCode = status, Type = typeof(Problem), ModelMetadata = _metadata.GetMetadataForType(typeof(Problem)), ApiResponseFormats = [new ApiResponseFormat { MediaType = ProblemAnswer.MediaType }],
                });
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
        // All is done before.
    }

    /// <summary>Problems that follow from what a route takes and asks for, and those that it names itself.</summary>
    public static IReadOnlyList<ProblemKind> ProblemsOf(Microsoft.AspNetCore.Mvc.ApiExplorer.ApiDescription description)
    {
        var metadata = description.ActionDescriptor.EndpointMetadata;
        var kinds = new HashSet<ProblemKind> { ProblemKinds.Internal };
        if (metadata.OfType<RequiredRight>().LastOrDefault()?.Right is not null) kinds.UnionWith([ProblemKinds.SignIn, ProblemKinds.Right, ProblemKinds.Password]);
        if (description.HttpMethod is not ("GET" or "HEAD")) kinds.UnionWith([ProblemKinds.CrossSite, ProblemKinds.Audit]);
        if (metadata.OfType<BodyContract>().Any() || metadata.OfType<IAcceptsMetadata>().Any()) kinds.UnionWith([ProblemKinds.Body, ProblemKinds.TooLarge, ProblemKinds.MediaType]);
        if (metadata.OfType<FileBody>().Any()) kinds.Add(ProblemKinds.TooLarge);
        if (metadata.OfType<QueryParameter>().Any()) kinds.Add(ProblemKinds.Parameters);
        if (metadata.OfType<QueryParameter>().Any(parameter => parameter.Name == "limit")) kinds.Add(ProblemKinds.TooMuch);
        if (metadata.OfType<OtherAnswer>().Any() && metadata.OfType<IProducesResponseTypeMetadata>().Any(produced => produced.Type is not null)) kinds.Add(ProblemKinds.NotAcceptable);
        kinds.UnionWith(metadata.OfType<RouteProblems>().SelectMany(problems => problems.Kinds));
        return [.. ProblemKinds.All.Where(kinds.Contains)];
    }
}
