// The shape a model must have. A shape, not a base class: the engine's templates inline its steps.
#pragma once

#include <Eigen/Core>
#include <limits>
#include <type_traits>
#include <utility>

namespace missmix {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace detail {

template <class M>
using Params = typename M::Params;
template <class M>
using Stats = typename M::Stats;

template <class M, class = void>
struct has_types : std::false_type {};
template <class M>
struct has_types<M, std::void_t<Params<M>, Stats<M>>> : std::true_type {};

template <class M, class = void>
struct has_make_stats : std::false_type {};
template <class M>
struct has_make_stats<M, std::void_t<decltype(std::declval<const M&>().make_stats())>>
    : std::true_type {};

template <class M, class = void>
struct has_e_step : std::false_type {};
template <class M>
struct has_e_step<M, std::void_t<decltype(double{std::declval<const M&>().e_step(
                         std::declval<const Params<M>&>(), std::declval<Stats<M>&>())})>>
    : std::true_type {};

template <class M, class = void>
struct has_m_step : std::false_type {};
template <class M>
struct has_m_step<M, std::void_t<decltype(std::declval<const M&>().m_step(
                         std::declval<const Stats<M>&>(), std::declval<Params<M>&>()))>>
    : std::true_type {};

template <class M, class = void>
struct has_pack : std::false_type {};
template <class M>
struct has_pack<M, std::void_t<decltype(std::declval<const M&>().pack(
                                   std::declval<const Params<M>&>(), std::declval<VectorXd&>())),
                               decltype(bool{std::declval<const M&>().unpack(
                                   std::declval<const VectorXd&>(), std::declval<Params<M>&>())})>>
    : std::true_type {};

template <class M, class = void>
struct has_score : std::false_type {};
template <class M>
struct has_score<M, std::void_t<decltype(std::declval<const M&>().score(
                        std::declval<const Params<M>&>(), std::declval<const Stats<M>&>(),
                        std::declval<VectorXd&>()))>> : std::true_type {};

template <class M, class = void>
struct has_log_prior : std::false_type {};
template <class M>
struct has_log_prior<M, std::void_t<decltype(double{std::declval<const M&>().log_prior(
                            std::declval<const Params<M>&>())})>> : std::true_type {};

template <class M, class = void>
struct has_degenerate : std::false_type {};
template <class M>
struct has_degenerate<M, std::void_t<decltype(bool{std::declval<const M&>().degenerate(
                             std::declval<const Params<M>&>())})>> : std::true_type {};

template <class M, class = void>
struct has_thin : std::false_type {};
template <class M>
struct has_thin<
    M, std::void_t<decltype(bool{std::declval<const M&>().thin(std::declval<const Params<M>&>())})>>
    : std::true_type {};

template <class M, class = void>
struct has_rounding : std::false_type {};
template <class M>
struct has_rounding<M, std::void_t<decltype(double{std::declval<const M&>().rounding(
                           std::declval<const Params<M>&>())})>> : std::true_type {};

template <class M, class = void>
struct has_edge_distance : std::false_type {};
template <class M>
struct has_edge_distance<M, std::void_t<decltype(double{std::declval<const M&>().edge_distance(
                                std::declval<const Params<M>&>())})>> : std::true_type {};

}  // namespace detail

// Optional members, found at compile time:
//   score(params, stats, g)   gradient of the objective in packed coordinates, by Fisher's identity:
//                             the complete-data score at the expected statistics
//   log_prior(params)         added to the log-likelihood to make the objective
//   degenerate(params)        true where the parameters have reached the edge of the model
//   thin(params)              true where they are legal but not to be trusted: many starts prefer
//                             others
//   rounding(params)          error of the objective by arithmetic, where it is not just a few ulps
//   edge_distance(params)     how far from the edge, in (0, 1]; may be costly
template <class M>
inline constexpr bool has_score = detail::has_score<M>::value;
template <class M>
inline constexpr bool has_log_prior = detail::has_log_prior<M>::value;
template <class M>
inline constexpr bool has_degenerate = detail::has_degenerate<M>::value;
template <class M>
inline constexpr bool has_thin = detail::has_thin<M>::value;
template <class M>
inline constexpr bool has_rounding = detail::has_rounding<M>::value;
template <class M>
inline constexpr bool has_edge_distance = detail::has_edge_distance<M>::value;

// Called once by the engine, so that a model with a missing member fails with a sentence.
template <class M>
constexpr void require_em_model() {
  static_assert(detail::has_types<M>::value,
                "An EM model names its plain structs `Params` and `Stats`.");
  static_assert(detail::has_make_stats<M>::value,
                "An EM model has `Stats make_stats() const`, which allocates once.");
  static_assert(detail::has_e_step<M>::value,
                "An EM model has `double e_step(const Params&, Stats&) const`, which returns the "
                "observed-data log-likelihood at these same parameters.");
  static_assert(detail::has_m_step<M>::value,
                "An EM model has `void m_step(const Stats&, Params&) const`.");
  static_assert(detail::has_pack<M>::value,
                "An EM model has `void pack(const Params&, VectorXd&) const` and "
                "`bool unpack(const VectorXd&, Params&) const`.");
}

}  // namespace missmix
